// What a status write of a Job may say: an external controller may own the job (spec.managedBy), so the end is guarded here.
// Only what changes is judged. Words: pkg/apis/batch/validation upstream.
import type { Job, JobSpec, JobStatus } from '../../../openapi/types/batch/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { invalidUnshown } from '../field-rules.ts'
import { nonNegative } from '../shared/checks.ts'
import { indexCount } from './indexes.ts'
import { isJobFinished, jobConditionIs } from './queries.ts'

const path = at('status')
const conditions = path.child('conditions')

/** Rules of a status write. */
export function jobStatusErrors(job: Job, old: Job): FieldError[] {
  const status = job.status ?? {}
  const before = old.status ?? {}
  return [
    ...(['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((field) =>
      nonNegative(status[field], path.child(field)),
    ),
    ...conditionErrors(status, before),
    ...finishedErrors(job, old),
    ...timeErrors(status, before, job.spec),
    ...indexErrors(status, before, job.spec),
    ...counterErrors(status, before, job.spec),
  ]
}

function conditionErrors(status: JobStatus, before: JobStatus): FieldError[] {
  const is = (type: string, of = status): boolean => jobConditionIs(of, type, 'True')
  const changed = (...types: string[]): boolean => types.some((type) => is(type) !== is(type, before))
  const errors: FieldError[] = []
  const add = (detail: string): number => errors.push(invalidUnshown(conditions, detail))
  if (changed('Complete', 'Failed') && is('Complete') && is('Failed')) add('cannot set Complete=True and Failed=true conditions')
  if (changed('Complete', 'FailureTarget') && is('Complete') && is('FailureTarget')) {
    add('cannot set Complete=True and FailureTarget=true conditions')
  }
  if (changed('Failed') && is('Failed') && !is('FailureTarget')) {
    add('cannot set Failed=True condition without the FailureTarget=true condition')
  }
  if (changed('Complete', 'SuccessCriteriaMet') && is('Complete') && !is('SuccessCriteriaMet')) {
    add('cannot set Complete=True condition without the SuccessCriteriaMet=true condition')
  }
  if (is('SuccessCriteriaMet') && is('Failed')) add('cannot set SuccessCriteriaMet=True and Failed=true conditions')
  if (is('SuccessCriteriaMet') && is('FailureTarget')) add('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions')
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (is(type, before) && !is(type)) add(`cannot disable the terminal ${type}=True condition`)
  }
  if (is('SuccessCriteriaMet', before) && !is('SuccessCriteriaMet')) add('cannot disable the SuccessCriteriaMet=True condition')
  if (is('Complete', before) && !is('SuccessCriteriaMet', before) && is('SuccessCriteriaMet')) {
    add('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions')
  }
  return errors
}

function finishedErrors(job: Job, old: Job): FieldError[] {
  if (!isJobFinished(job)) return []
  const { active = 0, terminating = 0, startTime, uncountedTerminatedPods: uncounted } = job.status ?? {}
  const justFinished = !isJobFinished(old)
  const errors: FieldError[] = []
  if (active > 0 && (justFinished || active !== (old.status?.active ?? 0))) {
    errors.push(invalidValue(path.child('active'), active, 'active>0 is invalid for finished job'))
  }
  const neverRan = job.spec?.suspend === true && job.spec.completions === 0
  if (startTime === undefined && !neverRan && (justFinished || old.status?.startTime !== undefined)) {
    errors.push(required(path.child('startTime'), 'startTime is required for finished job'))
  }
  const left = (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0)
  if (left > 0 && (justFinished || !semanticEqual(uncounted, old.status?.uncountedTerminatedPods))) {
    const shown = { Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null }
    errors.push(invalidValue(path.child('uncountedTerminatedPods'), shown, 'must be empty for finished job'))
  }
  if (terminating > 0 && (justFinished || terminating !== old.status?.terminating)) {
    errors.push(invalidValue(path.child('terminating'), terminating, 'terminating>0 is invalid for finished job'))
  }
  return errors
}

function timeErrors(status: JobStatus, before: JobStatus, spec: JobSpec | undefined): FieldError[] {
  const { startTime, completionTime } = status
  const complete = jobConditionIs(status, 'Complete', 'True')
  const timeChanged = completionTime !== before.completionTime
  const completed = complete !== jobConditionIs(before, 'Complete', 'True')
  const where = path.child('completionTime')
  const errors: FieldError[] = []
  if ((completed || timeChanged) && completionTime !== undefined && !complete) {
    errors.push(invalidValue(where, completionTime, 'cannot set completionTime when there is no Complete=True condition'))
  }
  if ((completed || timeChanged) && completionTime === undefined && complete) {
    errors.push(required(where, 'completionTime is required for Complete jobs'))
  }
  const ordered = startTime === undefined || completionTime === undefined || Date.parse(completionTime) >= Date.parse(startTime)
  if (!ordered && (timeChanged || startTime !== before.startTime)) {
    errors.push(invalidValue(where, completionTime, 'must be equal to or after `startTime`'))
  }
  if (completionTime !== undefined && before.completionTime !== undefined && timeChanged) {
    errors.push(invalidValue(where, completionTime, 'field is immutable'))
  }
  const resumes = jobConditionIs(before, 'Suspended', 'True') && jobConditionIs(status, 'Suspended', 'False')
  if (before.startTime !== undefined && startTime !== before.startTime && !resumes && spec?.suspend !== true) {
    errors.push(invalidValue(path.child('startTime'), startTime ?? null, 'field is immutable for unsuspended job once set'))
  }
  return errors
}

function indexErrors(status: JobStatus, before: JobStatus, spec: JobSpec | undefined): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['completedIndexes', 'failedIndexes'] as const) {
    const text = status[field] ?? ''
    if (text === (before[field] ?? '')) continue
    const parsed = spec?.completions === undefined ? 0 : indexCount(text, spec.completions)
    if (typeof parsed === 'string') errors.push(invalidValue(path.child(field), text, `error parsing ${field}: ${parsed}`))
  }
  const completed = status.completedIndexes ?? ''
  if (completed !== '' && completed !== before.completedIndexes && spec?.completionMode !== 'Indexed') {
    const detail = 'cannot set non-empty completedIndexes when non-indexed completion mode'
    errors.push(invalidValue(path.child('completedIndexes'), completed, detail))
  }
  const failed = status.failedIndexes
  if (failed !== undefined && failed !== before.failedIndexes && spec?.backoffLimitPerIndex === undefined) {
    errors.push(invalidValue(path.child('failedIndexes'), failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'))
  }
  return errors
}

function counterErrors(status: JobStatus, before: JobStatus, spec: JobSpec | undefined): FieldError[] {
  const { ready, active = 0, failed = 0, succeeded = 0 } = status
  const errors: FieldError[] = []
  if (ready !== undefined && ready > active && (ready !== before.ready || active !== (before.active ?? 0))) {
    errors.push(invalidValue(path.child('ready'), ready, 'cannot set more ready pods than active'))
  }
  if (failed < (before.failed ?? 0)) errors.push(invalidValue(path.child('failed'), failed, 'cannot decrease the failed counter'))
  const mayShrink = spec?.completionMode === 'Indexed' && spec.completions === spec.parallelism
  if (succeeded < (before.succeeded ?? 0) && !mayShrink) {
    errors.push(invalidValue(path.child('succeeded'), succeeded, 'cannot decrease the succeeded counter'))
  }
  return errors
}
