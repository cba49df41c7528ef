// Job: pods that run to completion.
import type { Job as JobObject } from '../../../openapi/types/batch/v1.ts'
import { at } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { formatLabelSelector } from '../apps/label-selector.ts'
import { podNameWarnings, templateWarnings } from '../apps/workload-rules.ts'
import { ageColumn, humanDuration, workloadColumns } from '../shared/columns.ts'
import { podSpecDefaults } from '../shared/pod-spec-defaults.ts'
import { generateSelector, jobDefaults, jobErrors } from './job-rules.ts'
import { jobStatusErrors } from './job-status-rules.ts'
import { jobUpdateErrors } from './job-update-rules.ts'

export const Job = defineKind<JobObject>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  resource: 'jobs',
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  generation: 'spec',
  defaultPropagation: 'Orphan',
  selectableFields: { 'status.successful': (job) => String(job.status?.succeeded ?? 0) },
  defaults: podSpecDefaults('spec.template.spec'),
  computeDefaults: jobDefaults,
  prepareForCreate: generateSelector,
  validate: jobErrors,
  validateUpdate: jobUpdateErrors,
  validateStatusUpdate: jobStatusErrors,
  warnings: (job, old) => [
    ...(old === undefined ? podNameWarnings(job.metadata?.name) : []),
    ...templateWarnings(job.spec?.template, old?.spec?.template, at('spec', 'template')),
  ],
  columns: [
    { name: 'Status', description: 'State of the job.', value: jobState },
    { name: 'Completions', description: 'Pods that succeeded, of those needed.', value: completions },
    { name: 'Duration', description: 'Time the job took, or has taken so far.', value: duration },
    ageColumn,
    ...workloadColumns<JobObject>(
      (job) => job.spec?.template?.spec?.containers,
      (job) => formatLabelSelector(job.spec?.selector),
    ),
  ],
})

const states = [
  ['Complete', 'Complete'],
  ['Failed', 'Failed'],
  ['', 'Terminating'],
  ['Suspended', 'Suspended'],
  ['FailureTarget', 'FailureTarget'],
  ['SuccessCriteriaMet', 'SuccessCriteriaMet'],
] as const

/** The Status cell: the first of upstream's states that holds. */
function jobState(job: JobObject): string {
  for (const [condition, state] of states) {
    const holds =
      condition === ''
        ? job.metadata?.deletionTimestamp !== undefined
        : job.status?.conditions?.find((each) => each.type === condition)?.status === 'True'
    if (holds) return state
  }
  return 'Running'
}

function completions(job: JobObject): string {
  const succeeded = job.status?.succeeded ?? 0
  if (job.spec?.completions !== undefined) return `${succeeded}/${job.spec.completions}`
  const parallelism = job.spec?.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function duration(job: JobObject, now: number): string {
  const { startTime, completionTime } = job.status ?? {}
  if (startTime === undefined) return ''
  return humanDuration((completionTime === undefined ? now : Date.parse(completionTime)) - Date.parse(startTime))
}
