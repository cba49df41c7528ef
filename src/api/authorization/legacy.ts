// Access reviews in authorization.k8s.io/v1beta1: the groups of the user are called `group`.
import type { SubjectAccessReview } from '../../../openapi/types/authorization/v1.ts'
import type { SubjectAccessReview as OldReview } from '../../../openapi/types/authorization/v1beta1.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'

/** Both ways of the conversion, for `served`. */
export const oldReview = {
  toStorage: (object: KubeObject): KubeObject => {
    const { group, ...spec } = (object as OldReview).spec ?? {}
    return { ...object, spec: { ...spec, ...(group ? { groups: group } : {}) } } as KubeObject
  },
  fromStorage: (object: KubeObject): KubeObject => {
    const { groups, ...spec } = (object as SubjectAccessReview).spec ?? {}
    return { ...object, spec: { ...spec, ...(groups ? { group: groups } : {}) } } as KubeObject
  },
}
