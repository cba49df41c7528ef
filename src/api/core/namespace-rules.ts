// Rules of namespaces: the finalizer kubernetes, the label with the name, and phases that follow deletion.
import type { Namespace } from '../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, invalidValue } from '../../apimachinery/field-errors.ts'
import type { WriteContext } from '../../apimachinery/kind.ts'
import { qualifiedName } from '../../apimachinery/names.ts'
import { invalidFor } from '../shared/checks.ts'

const nameLabel = 'kubernetes.io/metadata.name'

/** The name as a label (not for generated names, which come later), phase Active. Mutates. */
export function computeNamespaceDefaults(namespace: Namespace): void {
  const { metadata } = namespace
  if (metadata?.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name }
  namespace.status = { ...namespace.status, phase: namespace.status?.phase || 'Active' }
}

/** A new namespace is Active and held by the finalizer kubernetes until its content is gone. Mutates. */
export function prepareNamespaceForCreate(namespace: Namespace): void {
  const { metadata } = namespace
  if (metadata?.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name }
  namespace.status = { phase: 'Active' }
  const finalizers = namespace.spec?.finalizers ?? []
  namespace.spec = { ...namespace.spec, finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] }
}

/** spec.finalizers change through /finalize only. Mutates. */
export function prepareNamespaceForUpdate(namespace: Namespace, old: Namespace, context: WriteContext): void {
  if (context.subresource === 'finalize') {
    if (old.status !== undefined) namespace.status = structuredClone(old.status)
    return
  }
  if (context.subresource !== undefined) return
  const { finalizers: _theirs, ...spec } = namespace.spec ?? {}
  const finalizers = old.spec?.finalizers
  namespace.spec = finalizers === undefined ? spec : { ...spec, finalizers: [...finalizers] }
}

/** Finalizers are qualified names. */
export function validateNamespace({ spec }: Namespace): FieldError[] {
  return (spec?.finalizers ?? []).flatMap((name) => finalizerErrors(name, at('spec', 'finalizers')))
}

/** Rules of /finalize. */
export function validateNamespaceFinalize({ spec }: Namespace): FieldError[] {
  return (spec?.finalizers ?? []).flatMap((name, index) => finalizerErrors(name, at('spec', 'finalizers').index(index)))
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

function finalizerErrors(name: string, path: Path): FieldError[] {
  const errors = invalidFor(path, name, qualifiedName(name))
  if (name.includes('/') || standardFinalizers.includes(name)) return errors
  return [...errors, invalidValue(path, name, 'name is neither a standard finalizer name nor is it fully qualified')]
}

/** Active while it lives, Terminating while it is deleted. */
export function validateNamespaceStatusUpdate({ metadata, status }: Namespace): FieldError[] {
  const phase = status?.phase ?? ''
  const [wanted, state] = metadata?.deletionTimestamp ? (['Terminating', 'not empty'] as const) : (['Active', 'empty'] as const)
  if (phase === wanted) return []
  return [invalidValue(at('status', 'Phase'), phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${state}`)]
}
