// Defaults and validation of Jobs. Values and words: pkg/apis/batch upstream.
import type { Job, JobSpec } from '../../../openapi/types/batch/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, notSupported, required, tooLong } from '../../apimachinery/field-errors.ts'
import { getOwn } from '../../apimachinery/json.ts'
import { byteLength, dns1123Label } from '../../apimachinery/names.ts'
import { labelSelectorMatches, printedSelector } from '../apps/label-selector.ts'
import { templateMismatch } from '../apps/workload-rules.ts'
import { domainPrefixedPath, printedMap } from '../field-rules.ts'
import { nonNegative, oneOfIfSet } from '../shared/checks.ts'
import { computePodTemplateDefaults } from '../shared/pod-spec-defaults.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'
import { validatePodTemplate } from '../shared/validate-pod-template.ts'
import { podFailurePolicyErrors, successPolicyErrors } from './job-policy-rules.ts'

const controllerUidLabels = ['controller-uid', 'batch.kubernetes.io/controller-uid'] as const
const jobNameLabels = ['job-name', 'batch.kubernetes.io/job-name'] as const
const maxIndexed = 100_000
const maxWithManyCompletions = 10_000
const maxManagedByBytes = 63
const noLimit = 2147483647

/** Counts, backoff, mode and policies; a job without labels gets those of its pods. */
export function jobDefaults(job: Job): void {
  const spec = (job.spec ??= {} as JobSpec)
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : noLimit
  const labels = spec.template?.metadata?.labels
  const own = Object.keys(job.metadata?.labels ?? {}).length
  if (own === 0 && Object.keys(labels ?? {}).length > 0) job.metadata = { ...job.metadata, labels: { ...labels } }
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed'
  spec.manualSelector ??= false
  podFailurePolicyDefaults(spec)
  computePodTemplateDefaults(spec.template)
}

/** A condition without status must be true. */
export function podFailurePolicyDefaults(spec: JobSpec | undefined): void {
  for (const rule of spec?.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  }
}

/** Labels and selector that tell the pods of this job from all others, unless the client brings its own selector. */
export function generateSelector({ metadata, spec }: Job): void {
  if (spec === undefined || spec.manualSelector === true) return
  const { name = '', uid = '' } = metadata ?? {}
  spec.template ??= {}
  spec.template.metadata ??= {}
  const labels = (spec.template.metadata.labels ??= {})
  for (const key of jobNameLabels) labels[key] ??= name
  for (const key of controllerUidLabels) labels[key] ??= uid
  spec.selector ??= {}
  spec.selector.matchLabels ??= {}
  spec.selector.matchLabels[controllerUidLabels[1]] ??= uid
}

/** Rules of a new or changed Job. */
export function jobErrors(job: Job): FieldError[] {
  const { metadata, spec } = job
  const path = at('spec')
  const errors = [...generatedSelectorErrors(job), ...jobSpecErrors(spec, path)]
  if (spec?.selector === undefined) errors.push(required(path.child('selector')))
  const broken = validateLabelSelector(spec?.selector, path.child('selector'))
  errors.push(...broken)
  if (broken.length === 0) errors.push(...templateMismatch(spec?.selector, spec?.template, path.child('template')))
  const completions = spec?.completions ?? 0
  const hostname = `${metadata?.name ?? ''}-${completions - 1}`
  if (spec?.completionMode === 'Indexed' && completions > 0 && dns1123Label(hostname).length > 0) {
    const detail = `will not able to create pod with invalid DNS label: ${hostname}`
    errors.push(invalidValue(at('metadata', 'name'), metadata?.name ?? '', detail))
  }
  return errors
}

function generatedSelectorErrors({ metadata, spec }: Job): FieldError[] {
  if (spec?.manualSelector === true || spec?.selector === undefined) return []
  const { name = '', uid = '' } = metadata ?? {}
  const labels = spec.template?.metadata?.labels
  const expected = { [controllerUidLabels[0]]: uid, [jobNameLabels[0]]: name, [controllerUidLabels[1]]: uid, [jobNameLabels[1]]: name }
  const errors: FieldError[] = uid === '' ? [required(at('metadata', 'uid'))] : []
  for (const [key, value] of Object.entries(expected)) {
    const path = at('spec', 'template', 'metadata', 'labels').key(key)
    const actual = getOwn(labels, key)
    if (actual === undefined) errors.push(required(path, `must be '${value}'`))
    else if (actual !== value) errors.push(invalidValue(path, printedMap(labels), `must be '${value}'`))
  }
  if (validateLabelSelector(spec.selector, at('spec')).length === 0 && !labelSelectorMatches(spec.selector, expected)) {
    errors.push(invalidValue(at('spec', 'selector'), printedSelector(spec.selector), '`selector` not auto-generated'))
  }
  return errors
}

/** Rules of a job's spec, also within a CronJob; the selector is judged elsewhere. */
export function jobSpecErrors(spec: JobSpec | undefined, path: Path): FieldError[] {
  const errors = [
    ...nonNegative(spec?.parallelism, path.child('parallelism')),
    ...nonNegative(spec?.completions, path.child('completions')),
    ...nonNegative(spec?.activeDeadlineSeconds, path.child('activeDeadlineSeconds')),
    ...nonNegative(spec?.backoffLimit, path.child('backoffLimit')),
    ...nonNegative(spec?.ttlSecondsAfterFinished, path.child('ttlSecondsAfterFinished')),
    ...nonNegative(spec?.backoffLimitPerIndex, path.child('backoffLimitPerIndex')),
    ...nonNegative(spec?.maxFailedIndexes, path.child('maxFailedIndexes')),
  ]
  if (spec?.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'))
  }
  if (spec?.managedBy !== undefined) {
    errors.push(...domainPrefixedPath(spec.managedBy, path.child('managedBy')))
    if (byteLength(spec.managedBy) > maxManagedByBytes) errors.push(tooLong(path.child('managedBy'), '', maxManagedByBytes))
  }
  errors.push(...oneOfIfSet(spec?.completionMode, ['NonIndexed', 'Indexed'], path.child('completionMode')))
  errors.push(...(spec?.completionMode === 'Indexed' ? indexedErrors(spec, path) : nonIndexedErrors(spec, path)))
  if (spec?.podFailurePolicy !== undefined) errors.push(...podFailurePolicyErrors(spec, path.child('podFailurePolicy')))
  if (spec?.successPolicy !== undefined) errors.push(...successPolicyErrors(spec, path.child('successPolicy')))
  errors.push(...replacementErrors(spec, path.child('podReplacementPolicy')))
  errors.push(...validatePodTemplate(spec?.template, path.child('template')))
  return [...errors, ...restartPolicyErrors(spec, path.child('template', 'spec', 'restartPolicy'))]
}

function indexedErrors(spec: JobSpec, path: Path): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes: failed, backoffLimitPerIndex } = spec
  const errors: FieldError[] = []
  const failedPath = path.child('maxFailedIndexes')
  if (completions === undefined) errors.push(required(path.child('completions'), 'when completion mode is Indexed'))
  if (parallelism > maxIndexed) {
    const detail = `must be less than or equal to ${maxIndexed} when completion mode is Indexed`
    errors.push(invalidValue(path.child('parallelism'), parallelism, detail))
  }
  if (completions !== undefined && failed !== undefined && failed > completions) {
    errors.push(invalidValue(failedPath, failed, 'must be less than or equal to completions'))
  }
  if (failed !== undefined && failed > maxIndexed)
    errors.push(invalidValue(failedPath, failed, `must be less than or equal to ${maxIndexed}`))
  if ((completions ?? 0) <= maxIndexed || backoffLimitPerIndex === undefined) return errors
  const detail = `must be less than or equal to ${maxWithManyCompletions} when completions are above ${maxIndexed} and used with backoff limit per index`
  if (failed === undefined) errors.push(required(failedPath, `must be specified when completions is above ${maxIndexed}`))
  if (parallelism > maxWithManyCompletions) errors.push(invalidValue(path.child('parallelism'), parallelism, detail))
  if (failed !== undefined && failed > maxWithManyCompletions) errors.push(invalidValue(failedPath, failed, detail))
  return errors
}

function nonIndexedErrors(spec: JobSpec | undefined, path: Path): FieldError[] {
  if (spec?.completionMode !== undefined && spec.completionMode !== 'NonIndexed') return []
  const fields = ['backoffLimitPerIndex', 'maxFailedIndexes'] as const
  return fields
    .filter((field) => spec?.[field] !== undefined)
    .map((field) => invalidValue(path.child(field), spec?.[field], 'requires indexed completion mode'))
}

function replacementErrors(spec: JobSpec | undefined, path: Path): FieldError[] {
  return oneOfIfSet(spec?.podReplacementPolicy, spec?.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'], path)
}

function restartPolicyErrors(spec: JobSpec | undefined, path: Path): FieldError[] {
  const policy = spec?.template?.spec?.restartPolicy ?? ''
  if (policy === '' || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])]
  if (spec?.podFailurePolicy === undefined || policy === 'Never') return []
  return [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
}
