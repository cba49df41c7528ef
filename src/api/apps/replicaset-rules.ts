// Defaults and validation of ReplicaSets. Words: pkg/apis/apps/validation upstream.
import type { ReplicaSet, ReplicaSetSpec } from '../../../openapi/types/apps/v1.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at } from '../../apimachinery/field-errors.ts'
import { nonNegative } from '../shared/checks.ts'
import { computePodTemplateDefaults } from '../shared/pod-spec-defaults.ts'
import { immutableSelector, replicaStatusErrors, replicaTemplateErrors, requiredSelectorErrors } from './workload-rules.ts'

/** One replica, and the template's defaults. */
export function replicaSetDefaults(replicaSet: ReplicaSet): void {
  const spec = (replicaSet.spec ??= {} as ReplicaSetSpec)
  spec.replicas ??= 1
  computePodTemplateDefaults(spec.template)
}

/** Rules of a new or changed ReplicaSet. (Upstream says "deployment" for an empty selector here, too.) */
export function replicaSetErrors({ spec }: ReplicaSet): FieldError[] {
  const path = at('spec')
  return [
    ...nonNegative(spec?.replicas, path.child('replicas')),
    ...nonNegative(spec?.minReadySeconds, path.child('minReadySeconds')),
    ...requiredSelectorErrors(spec?.selector, 'deployment', path.child('selector')),
    ...replicaTemplateErrors(spec?.selector, spec?.template, path),
  ]
}

/** The selector never changes. */
export function replicaSetUpdateErrors(replicaSet: ReplicaSet, old: ReplicaSet): FieldError[] {
  return immutableSelector(replicaSet.spec?.selector, old.spec?.selector)
}

/** Rules of a status write. */
export function replicaSetStatusErrors({ status }: ReplicaSet): FieldError[] {
  return replicaStatusErrors(
    status,
    ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration', 'terminatingReplicas'],
    ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
  )
}
