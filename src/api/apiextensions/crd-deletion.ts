// A deleted CustomResourceDefinition stays until its objects are gone: the first delete adds the finalizer that waits for them.
import type { CustomResourceDefinition as Crd } from '../../../openapi/types/apiextensions/v1.ts'

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

/** How the deletion of a definition begins (KindSpec.deletion). Words: k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition. */
export const crdDeletion = {
  held: ({ metadata }: Crd): boolean => !metadata?.deletionTimestamp,
  begin: (draft: Crd): void => {
    const metadata = draft.metadata!
    const finalizers = metadata.finalizers ?? []
    if (!finalizers.includes(cleanupFinalizer)) metadata.finalizers = [...finalizers, cleanupFinalizer]
    const conditions = (draft.status?.conditions ?? []).filter(({ type }) => type !== 'Terminating')
    const terminating = {
      type: 'Terminating',
      status: 'True',
      lastTransitionTime: metadata.deletionTimestamp!,
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    }
    draft.status = { ...draft.status, conditions: [...conditions, terminating] }
  },
}
