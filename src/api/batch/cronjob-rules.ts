// Defaults and validation of CronJobs. Values and words: pkg/apis/batch upstream.
import type { CronJob, CronJobSpec } from '../../../openapi/types/batch/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { byteLength } from '../../apimachinery/names.ts'
import { printedSelector } from '../apps/label-selector.ts'
import { nonNegative, oneOf } from '../shared/checks.ts'
import { computePodTemplateDefaults } from '../shared/pod-spec-defaults.ts'
import { CronError, isTimeZone, parseCron } from './cron-schedule.ts'
import { jobSpecErrors, podFailurePolicyDefaults } from './job-rules.ts'

const maxNameBytes = 52

/** Concurrency, suspension and history. */
export function cronJobDefaults(cronJob: CronJob): void {
  const spec = (cronJob.spec ??= {} as CronJobSpec)
  spec.concurrencyPolicy ||= 'Allow'
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
  podFailurePolicyDefaults(spec.jobTemplate?.spec)
  computePodTemplateDefaults(spec.jobTemplate?.spec?.template)
}

/** Rules of a new or changed CronJob. */
export function cronJobErrors({ spec }: CronJob): FieldError[] {
  const path = at('spec')
  const template = spec?.jobTemplate?.spec
  const templatePath = path.child('jobTemplate', 'spec')
  const errors = [
    ...(spec?.schedule ? scheduleErrors(spec.schedule, path.child('schedule')) : [required(path.child('schedule'))]),
    ...nonNegative(spec?.startingDeadlineSeconds, path.child('startingDeadlineSeconds')),
    ...oneOf(spec?.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], path.child('concurrencyPolicy')),
    ...jobSpecErrors(template, templatePath),
  ]
  if (template?.selector !== undefined) {
    errors.push(invalidValue(templatePath.child('selector'), printedSelector(template.selector), '`selector` will be auto-generated'))
  }
  if (template?.manualSelector === true) errors.push(notSupported(templatePath.child('manualSelector'), true, ['nil', 'false']))
  return [
    ...errors,
    ...nonNegative(spec?.successfulJobsHistoryLimit, path.child('successfulJobsHistoryLimit')),
    ...nonNegative(spec?.failedJobsHistoryLimit, path.child('failedJobsHistoryLimit')),
  ]
}

function scheduleErrors(schedule: string, path: Path): FieldError[] {
  try {
    parseCron(schedule)
    return []
  } catch (error) {
    if (!(error instanceof CronError)) throw error
    return [invalidValue(path, schedule, error.message)]
  }
}

/** Rules of a new CronJob: the name leaves room for the suffix of its jobs, the time zone has its own field. */
export function cronJobCreateErrors({ metadata, spec }: CronJob): FieldError[] {
  const errors: FieldError[] = []
  const schedule = spec?.schedule ?? ''
  if (schedule.includes('TZ')) {
    errors.push(invalidValue(at('spec', 'schedule'), schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
  }
  errors.push(...timeZoneErrors(spec?.timeZone, at('spec', 'timeZone')))
  const name = metadata?.name ?? ''
  if (byteLength(name) > maxNameBytes)
    errors.push(invalidValue(at('metadata', 'name'), name, `must be no more than ${maxNameBytes} characters`))
  return errors
}

/** An old schedule may keep its TZ, but not beside a time zone. */
export function cronJobUpdateErrors({ spec }: CronJob, old: CronJob): FieldError[] {
  const errors: FieldError[] = []
  const schedule = spec?.schedule ?? ''
  const path = at('spec', 'schedule')
  const allowed = old.spec?.schedule?.includes('TZ') ?? false
  if (schedule.includes('TZ') && !allowed) {
    errors.push(invalidValue(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
  } else if (schedule.includes('TZ') && spec?.timeZone !== undefined) {
    errors.push(invalidValue(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'))
  }
  return spec?.timeZone === old.spec?.timeZone ? errors : [...errors, ...timeZoneErrors(spec?.timeZone, at('spec', 'timeZone'))]
}

function timeZoneErrors(zone: string | undefined, path: Path): FieldError[] {
  if (zone === undefined) return []
  if (zone === '') return [invalidValue(path, zone, 'timeZone must be nil or non-empty string')]
  const wellFormed = (part: string): boolean =>
    part !== '.' && part !== '..' && !part.startsWith('-') && /^[A-Za-z.\-_0-9+]{1,14}$/.test(part)
  if (!zone.split('/').every(wellFormed)) return [invalidValue(path, zone, `unknown time zone ${zone}`)]
  if (zone.toLowerCase() === 'local') {
    return [invalidValue(path, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')]
  }
  return isTimeZone(zone) ? [] : [invalidValue(path, zone, `unknown time zone ${zone}`)]
}
