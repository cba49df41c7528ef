// Rules that the workload kinds share: numbers or percents of pods, selector against template, what a template may not have.
import type { PodTemplateSpec } from '../../../openapi/types/core/v1.ts'
import type { LabelSelector } from '../../../openapi/types/meta/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { dns1123Label, percent } from '../../apimachinery/names.ts'
import { immutableText } from '../../apimachinery/object-meta.ts'
import { podTemplateWarnings } from '../core/pod/warnings.ts'
import { printedList, printedMap } from '../field-rules.ts'
import { invalidFor, nonNegative } from '../shared/checks.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'
import { validatePodTemplate } from '../shared/validate-pod-template.ts'
import { isEmptySelector, labelSelectorMatches, printedSelector } from './label-selector.ts'

type IntOrString = number | string

/** A number of at least 0 or a percent. */
export function intOrPercentErrors(value: IntOrString, path: Path): FieldError[] {
  return typeof value === 'string' ? invalidFor(path, value, percent(value)) : nonNegative(value, path)
}

/** `must not be greater than 100%`. */
export function notMoreThan100Percent(value: IntOrString, path: Path): FieldError[] {
  const part = percentValue(value)
  return part !== undefined && part > 100 ? [invalidValue(path, value, 'must not be greater than 100%')] : []
}

/** The number before the percent sign, or the number itself; 0 for what is neither. */
export function intOrPercentNumber(value: IntOrString): number {
  return percentValue(value) ?? (typeof value === 'number' ? value : /^[-+]?\d+$/.test(value) ? Number(value) : 0)
}

function percentValue(value: IntOrString): number | undefined {
  return typeof value === 'string' && percent(value).length === 0 ? Number.parseInt(value, 10) : undefined
}

/** Selector required and not empty; `kind` is the word upstream uses in the message. */
export function requiredSelectorErrors(selector: LabelSelector | undefined, kind: string, path: Path): FieldError[] {
  if (selector === undefined) return [required(path)]
  const errors = validateLabelSelector(selector, path)
  if (isEmptySelector(selector)) errors.push(invalidValue(path, printedSelector(selector), `empty selector is invalid for ${kind}`))
  return errors
}

/** `` `selector` does not match template `labels` ``, at the labels of the template. */
export function templateMismatch(selector: LabelSelector | undefined, template: PodTemplateSpec | undefined, path: Path): FieldError[] {
  const labels = template?.metadata?.labels
  if (labelSelectorMatches(selector, labels)) return []
  return [invalidValue(path.child('metadata', 'labels'), printedMap(labels), '`selector` does not match template `labels`')]
}

/** The template of a ReplicaSet or Deployment, with the selector it must match. */
export function replicaTemplateErrors(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  path: Path,
): FieldError[] {
  const specPath = path.child('template')
  if (selector !== undefined && validateLabelSelector(selector, path).length > 0) {
    return [invalidValue(path.child('selector'), printedSelector(selector), 'invalid label selector')]
  }
  return [
    ...templateMismatch(selector, template, specPath),
    ...validatePodTemplate(template, specPath),
    ...alwaysRestartErrors(template, 'ReplicaSet', specPath),
  ]
}

/** Pods of a lasting workload restart always and have no deadline. */
export function alwaysRestartErrors(template: PodTemplateSpec | undefined, kind: string, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const policy = template?.spec?.restartPolicy ?? ''
  if (policy !== 'Always') errors.push(notSupported(path.child('spec', 'restartPolicy'), policy, ['Always']))
  if (template?.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(forbiddenField(path.child('spec', 'activeDeadlineSeconds'), `activeDeadlineSeconds in ${kind} is not Supported`))
  }
  return errors
}

/** `spec.selector: … field is immutable`. */
export function immutableSelector(selector: LabelSelector | undefined, old: LabelSelector | undefined): FieldError[] {
  return semanticEqual(selector, old) ? [] : [invalidValue(at('spec', 'selector'), printedSelector(selector), immutableText)]
}

/** Status counters that may not be negative nor, in the second list, greater than status.replicas. */
export function replicaStatusErrors(
  status: object | undefined,
  counters: readonly string[],
  ofReplicas: readonly string[],
  readyText = 'cannot be greater than readyReplicas',
): FieldError[] {
  const path = at('status')
  const values = new Map(Object.entries(status ?? {}))
  const count = (name: string): number => Number(values.get(name) ?? 0)
  const errors = counters.flatMap((name) => nonNegative(count(name), path.child(name)))
  for (const name of ofReplicas) {
    if (count(name) > count('replicas')) errors.push(invalidValue(path.child(name), count(name), 'cannot be greater than status.replicas'))
  }
  if (ofReplicas.includes('availableReplicas') && count('availableReplicas') > count('readyReplicas')) {
    errors.push(invalidValue(path.child('availableReplicas'), count('availableReplicas'), readyText))
  }
  return errors
}

/** The collision counter only grows. */
export function collisionCountErrors(count: number | undefined, old: number | undefined): FieldError[] {
  if (old === undefined || (count !== undefined && count >= old)) return []
  return [invalidValue(at('status', 'collisionCount'), count ?? 0, 'cannot be decremented')]
}

/** The warning about a name that cannot be a host name of its pods. */
export function podNameWarnings(name: string | undefined): string[] {
  const messages = dns1123Label(name ?? '')
  if (messages.length === 0) return []
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: ${printedList(messages)}`,
  ]
}

/** Warnings about the template of a workload at `path`, when it is new or changed. */
export function templateWarnings(template: PodTemplateSpec | undefined, old: PodTemplateSpec | undefined, path: Path): string[] {
  return old !== undefined && semanticEqual(template, old) ? [] : podTemplateWarnings(template, path)
}
