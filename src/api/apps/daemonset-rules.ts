// Defaults and validation of DaemonSets. Values and words: pkg/apis/apps upstream.
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from '../../../openapi/types/apps/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { nonNegative } from '../shared/checks.ts'
import { computePodTemplateDefaults } from '../shared/pod-spec-defaults.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'
import { validatePodTemplate } from '../shared/validate-pod-template.ts'
import { isEmptySelector, printedSelector } from './label-selector.ts'
import {
  alwaysRestartErrors,
  collisionCountErrors,
  immutableSelector,
  intOrPercentErrors,
  intOrPercentNumber,
  notMoreThan100Percent,
  replicaStatusErrors,
  templateMismatch,
} from './workload-rules.ts'

/** Counts changes of the template: a field of the old API versions, an annotation since apps/v1. */
export const templateGenerationAnnotation = 'deprecated.daemonset.template.generation'

/** Update strategy and history. */
export function daemonSetDefaults(daemonSet: DaemonSet): void {
  const spec = (daemonSet.spec ??= {} as DaemonSetSpec)
  const strategy = (spec.updateStrategy ??= {})
  strategy.type ||= 'RollingUpdate'
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = (strategy.rollingUpdate ??= {})
    rollingUpdate.maxUnavailable ??= 1
    rollingUpdate.maxSurge ??= 0
  }
  spec.revisionHistoryLimit ??= 10
  computePodTemplateDefaults(spec.template)
}

/** The first template generation is 1, unless the client names a greater one. */
export function setTemplateGeneration(daemonSet: DaemonSet): void {
  writeTemplateGeneration(daemonSet, Math.max(1, templateGeneration(daemonSet)))
}

/** The server alone counts it. */
export function countTemplateGeneration(daemonSet: DaemonSet, old: DaemonSet): void {
  const changed = !semanticEqual(daemonSet.spec?.template, old.spec?.template)
  writeTemplateGeneration(daemonSet, templateGeneration(old) + (changed ? 1 : 0))
}

function templateGeneration(daemonSet: DaemonSet): number {
  const text = daemonSet.metadata?.annotations?.[templateGenerationAnnotation] ?? ''
  return /^-?\d{1,15}$/.test(text) ? Number(text) : 0
}

function writeTemplateGeneration(daemonSet: DaemonSet, generation: number): void {
  daemonSet.metadata ??= {}
  daemonSet.metadata.annotations ??= {}
  daemonSet.metadata.annotations[templateGenerationAnnotation] = String(generation)
}

/** Rules of a new or changed DaemonSet. */
export function daemonSetErrors({ spec }: DaemonSet): FieldError[] {
  const path = at('spec')
  const errors = validateLabelSelector(spec?.selector, path.child('selector'))
  if (errors.length === 0) errors.push(...templateMismatch(spec?.selector, spec?.template, path.child('template')))
  if (spec?.selector !== undefined && isEmptySelector(spec.selector)) {
    errors.push(invalidValue(path.child('selector'), printedSelector(spec.selector), 'empty selector is invalid for daemonset'))
  }
  return [
    ...errors,
    ...validatePodTemplate(spec?.template, path.child('template')),
    ...alwaysRestartErrors(spec?.template, 'DaemonSet', path.child('template')),
    ...nonNegative(spec?.minReadySeconds, path.child('minReadySeconds')),
    ...updateStrategyErrors(spec?.updateStrategy ?? {}, path.child('updateStrategy')),
    ...nonNegative(spec?.revisionHistoryLimit, path.child('revisionHistoryLimit')),
  ]
}

function updateStrategyErrors({ type, rollingUpdate }: DaemonSetUpdateStrategy, path: Path): FieldError[] {
  if (type === 'OnDelete') return []
  if (type === 'RollingUpdate') {
    return rollingUpdate === undefined
      ? [required(path.child('rollingUpdate'))]
      : rollingUpdateErrors(rollingUpdate, path.child('rollingUpdate'))
  }
  const shown = rollingUpdate && { MaxUnavailable: rollingUpdate.maxUnavailable ?? 0, MaxSurge: rollingUpdate.maxSurge ?? 0 }
  return [notSupported(path, { Type: type ?? '', RollingUpdate: shown ?? null }, ['RollingUpdate', 'OnDelete'])]
}

function rollingUpdateErrors({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet, path: Path): FieldError[] {
  const unavailablePath = path.child('maxUnavailable')
  const surgePath = path.child('maxSurge')
  const errors = [
    ...intOrPercentErrors(maxUnavailable, unavailablePath),
    ...intOrPercentErrors(maxSurge, surgePath),
    ...notMoreThan100Percent(maxUnavailable, unavailablePath),
    ...notMoreThan100Percent(maxSurge, surgePath),
  ]
  const unavailable = intOrPercentNumber(maxUnavailable) !== 0
  const surge = intOrPercentNumber(maxSurge) !== 0
  if (unavailable && surge) errors.push(invalidValue(surgePath, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  if (!unavailable && !surge) errors.push(required(unavailablePath, 'cannot be 0 when maxSurge is 0'))
  return errors
}

/** The selector never changes. */
export function daemonSetUpdateErrors(daemonSet: DaemonSet, old: DaemonSet): FieldError[] {
  return immutableSelector(daemonSet.spec?.selector, old.spec?.selector)
}

/** Rules of a status write. */
export function daemonSetStatusErrors({ status }: DaemonSet, old: DaemonSet): FieldError[] {
  const counters = [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ]
  return [...replicaStatusErrors(status, counters, []), ...collisionCountErrors(status?.collisionCount, old.status?.collisionCount)]
}
