// Defaults and validation of HorizontalPodAutoscalers. Values and words: pkg/apis/autoscaling upstream.
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HPAScalingPolicy,
  HPAScalingRules,
} from '../../../openapi/types/autoscaling/v2.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import { nonNegative, oneOfIfSet } from '../shared/checks.ts'
import { defaultMetric } from './conversion.ts'
import { metricErrors, referenceErrors } from './metric-rules.ts'

const maxPeriodSeconds = 1800
const maxStabilizationWindowSeconds = 3600

/** One replica at least, the CPU metric, and the rules of a behavior. */
export function hpaDefaults({ spec }: HorizontalPodAutoscaler): void {
  if (spec === undefined) return
  spec.minReplicas ??= 1
  if ((spec.metrics?.length ?? 0) === 0) spec.metrics = [structuredClone(defaultMetric)]
  if (spec.behavior === undefined) return
  spec.behavior.scaleUp = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
    ...spec.behavior.scaleUp,
  }
  spec.behavior.scaleDown = {
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    ...spec.behavior.scaleDown,
  }
}

/** Rules of a new or changed autoscaler. */
export function hpaErrors({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const path = at('spec')
  const min = spec?.minReplicas
  const max = spec?.maxReplicas ?? 0
  const errors: FieldError[] = []
  if (min !== undefined && min < 1) errors.push(invalidValue(path.child('minReplicas'), min, 'must be greater than or equal to 1'))
  if (max === 0) errors.push(required(path.child('maxReplicas'), 'must be set and greater than 0'))
  if (max < 0) errors.push(invalidValue(path.child('maxReplicas'), max, 'must be greater than or equal to 1'))
  if (min !== undefined && max < min) {
    errors.push(invalidValue(path.child('maxReplicas'), max, 'must be greater than or equal to `minReplicas`'))
  }
  const target = spec?.scaleTargetRef
  errors.push(...referenceErrors(target, path.child('scaleTargetRef')))
  errors.push(...(spec?.metrics ?? []).flatMap((metric, index) => metricErrors(metric, path.child('metrics').index(index))))
  if (min === 0 && !spec?.metrics?.some(({ type }) => type === 'Object' || type === 'External')) {
    const detail = 'must specify at least one Object or External metric to support scaling to zero replicas'
    errors.push(forbiddenField(path.child('metrics'), detail))
  }
  const behavior = path.child('behavior')
  return [
    ...errors,
    ...scalingErrors(spec?.behavior?.scaleUp, behavior.child('scaleUp')),
    ...scalingErrors(spec?.behavior?.scaleDown, behavior.child('scaleDown')),
  ]
}

/** A scalable kind of the core group is the ReplicationController alone: an update may keep what it has. */
export function hpaCreateErrors({ spec }: HorizontalPodAutoscaler): FieldError[] {
  return apiVersionErrors(spec?.scaleTargetRef, spec?.scaleTargetRef?.kind === 'ReplicationController')
}

/** The same when the target changes. */
export function hpaUpdateErrors(hpa: HorizontalPodAutoscaler, old: HorizontalPodAutoscaler): FieldError[] {
  const target = hpa.spec?.scaleTargetRef
  const before = old.spec?.scaleTargetRef
  return target?.kind === before?.kind && target?.apiVersion === before?.apiVersion ? [] : hpaCreateErrors(hpa)
}

function apiVersionErrors(target: CrossVersionObjectReference | undefined, allowCore: boolean): FieldError[] {
  const apiVersion = target?.apiVersion ?? ''
  const path = at('spec', 'scaleTargetRef', 'apiVersion')
  if (apiVersion.split('/').length > 2) return [invalidValue(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  const core = !apiVersion.includes('/') || apiVersion.startsWith('/')
  return core && !allowCore ? [invalidValue(path, apiVersion, 'apiVersion must specify API group')] : []
}

function scalingErrors(rules: HPAScalingRules | undefined, path: Path): FieldError[] {
  if (rules === undefined) return []
  const window = rules.stabilizationWindowSeconds
  const windowPath = path.child('stabilizationWindowSeconds')
  const errors: FieldError[] = []
  if (window !== undefined && window < 0) errors.push(invalidValue(windowPath, window, 'must be greater than or equal to zero'))
  if (window !== undefined && window > maxStabilizationWindowSeconds) {
    errors.push(invalidValue(windowPath, window, `must be less than or equal to ${maxStabilizationWindowSeconds}`))
  }
  errors.push(...oneOfIfSet(rules.selectPolicy, ['Disabled', 'Max', 'Min'], path.child('selectPolicy')))
  const policies = path.child('policies')
  if ((rules.policies?.length ?? 0) === 0) errors.push(required(policies, 'must specify at least one Policy'))
  errors.push(...(rules.policies ?? []).flatMap((policy, index) => policyErrors(policy, policies.index(index))))
  if (rules.tolerance !== undefined && compareQuantities(rules.tolerance, '0') < 0) {
    errors.push(invalidValue(path.child('tolerance'), rules.tolerance, 'must be greater than or equal to 0'))
  }
  return errors
}

function policyErrors({ type, value, periodSeconds }: HPAScalingPolicy, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(path.child('type'), type ?? '', ['Percent', 'Pods']))
  if ((value ?? 0) <= 0) errors.push(invalidValue(path.child('value'), value ?? 0, 'must be greater than zero'))
  const period = periodSeconds ?? 0
  if (period <= 0) errors.push(invalidValue(path.child('periodSeconds'), period, 'must be greater than zero'))
  if (period > maxPeriodSeconds) {
    errors.push(invalidValue(path.child('periodSeconds'), period, `must be less than or equal to ${maxPeriodSeconds}`))
  }
  return errors
}

/** Rules of a status write. */
export function hpaStatusErrors({ status }: HorizontalPodAutoscaler): FieldError[] {
  const path = at('status')
  return [
    ...nonNegative(status?.currentReplicas, path.child('currentReplicas')),
    ...nonNegative(status?.desiredReplicas, path.child('desiredReplicas')),
  ]
}
