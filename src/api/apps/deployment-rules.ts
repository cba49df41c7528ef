// Defaults and validation of Deployments. Values and words: pkg/apis/apps upstream.
import type { Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment } from '../../../openapi/types/apps/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, notSupported } from '../../apimachinery/field-errors.ts'
import { nonNegative } from '../shared/checks.ts'
import { computePodTemplateDefaults } from '../shared/pod-spec-defaults.ts'
import {
  collisionCountErrors,
  immutableSelector,
  intOrPercentErrors,
  intOrPercentNumber,
  notMoreThan100Percent,
  replicaStatusErrors,
  replicaTemplateErrors,
  requiredSelectorErrors,
} from './workload-rules.ts'

/** Replicas, strategy, history and deadline. */
export function deploymentDefaults(deployment: Deployment): void {
  const spec = (deployment.spec ??= {} as DeploymentSpec)
  spec.replicas ??= 1
  const strategy = (spec.strategy ??= {})
  strategy.type ||= 'RollingUpdate'
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = (strategy.rollingUpdate ??= {})
    rollingUpdate.maxUnavailable ??= '25%'
    rollingUpdate.maxSurge ??= '25%'
  }
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
  computePodTemplateDefaults(spec.template)
}

/** Rules of a new or changed Deployment. */
export function deploymentErrors({ spec }: Deployment): FieldError[] {
  const path = at('spec')
  const errors = [
    ...nonNegative(spec?.replicas, path.child('replicas')),
    ...requiredSelectorErrors(spec?.selector, 'deployment', path.child('selector')),
    ...replicaTemplateErrors(spec?.selector, spec?.template, path),
    ...strategyErrors(spec?.strategy ?? {}, path.child('strategy')),
    ...nonNegative(spec?.minReadySeconds, path.child('minReadySeconds')),
    ...nonNegative(spec?.revisionHistoryLimit, path.child('revisionHistoryLimit')),
    ...nonNegative(spec?.progressDeadlineSeconds, path.child('progressDeadlineSeconds')),
  ]
  const deadline = spec?.progressDeadlineSeconds
  if (deadline !== undefined && deadline <= (spec?.minReadySeconds ?? 0)) {
    errors.push(invalidValue(path.child('progressDeadlineSeconds'), deadline, 'must be greater than minReadySeconds'))
  }
  return errors
}

function strategyErrors(strategy: DeploymentStrategy, path: Path): FieldError[] {
  const { type, rollingUpdate } = strategy
  if (type === 'Recreate') {
    if (rollingUpdate === undefined) return []
    return [forbiddenField(path.child('rollingUpdate'), "may not be specified when strategy `type` is 'Recreate'")]
  }
  if (type !== 'RollingUpdate') return [notSupported(path, printedStrategy(strategy), ['Recreate', 'RollingUpdate'])]
  return rollingUpdateErrors(rollingUpdate ?? {}, path.child('rollingUpdate'))
}

/** Upstream shows its internal struct here, whose fields have Go names. */
function printedStrategy({ type, rollingUpdate }: DeploymentStrategy): unknown {
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {}
  return { Type: type ?? '', RollingUpdate: rollingUpdate === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge } }
}

function rollingUpdateErrors({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment, path: Path): FieldError[] {
  const unavailablePath = path.child('maxUnavailable')
  const errors = [...intOrPercentErrors(maxUnavailable, unavailablePath), ...intOrPercentErrors(maxSurge, path.child('maxSurge'))]
  if (intOrPercentNumber(maxUnavailable) === 0 && intOrPercentNumber(maxSurge) === 0) {
    errors.push(invalidValue(unavailablePath, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  }
  return [...errors, ...notMoreThan100Percent(maxUnavailable, unavailablePath)]
}

/** The selector never changes. */
export function deploymentUpdateErrors(deployment: Deployment, old: Deployment): FieldError[] {
  return immutableSelector(deployment.spec?.selector, old.spec?.selector)
}

/** Rules of a status write. */
export function deploymentStatusErrors({ status }: Deployment, old: Deployment): FieldError[] {
  return [
    ...replicaStatusErrors(
      status,
      [
        'observedGeneration',
        'replicas',
        'updatedReplicas',
        'readyReplicas',
        'availableReplicas',
        'unavailableReplicas',
        'terminatingReplicas',
        'collisionCount',
      ],
      ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
    ),
    ...collisionCountErrors(status?.collisionCount, old.status?.collisionCount),
  ]
}
