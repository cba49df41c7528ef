// CronJob: makes Jobs on a schedule.
import type { CronJob as CronJobObject } from '../../../openapi/types/batch/v1.ts'
import { at } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { formatLabelSelector } from '../apps/label-selector.ts'
import { templateWarnings } from '../apps/workload-rules.ts'
import { legacyVersion } from '../legacy-version.ts'
import { ageColumn, translateTimestamp, workloadColumns } from '../shared/columns.ts'
import { podSpecDefaults } from '../shared/pod-spec-defaults.ts'
import { cronJobCreateErrors, cronJobDefaults, cronJobErrors, cronJobUpdateErrors } from './cronjob-rules.ts'

export const CronJob = defineKind<CronJobObject>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  resource: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  generation: 'spec',
  defaults: podSpecDefaults('spec.jobTemplate.spec.template.spec'),
  computeDefaults: cronJobDefaults,
  validate: cronJobErrors,
  validateCreate: cronJobCreateErrors,
  validateUpdate: cronJobUpdateErrors,
  warnings: (cronJob, old) =>
    templateWarnings(
      cronJob.spec?.jobTemplate?.spec?.template,
      old?.spec?.jobTemplate?.spec?.template,
      at('spec', 'jobTemplate', 'spec', 'template'),
    ),
  served: [
    legacyVersion('batch', 'v1beta1', {
      kind: 'CronJob',
      use: 'batch/v1',
      schemaName: 'io.k8s.api.batch.v1beta1.CronJob',
      deprecated: '1.21',
      removed: '1.25',
    }),
  ],
  columns: [
    { name: 'Schedule', description: 'The schedule in Cron format.', value: (cron) => cron.spec?.schedule ?? '' },
    { name: 'Timezone', description: 'The time zone of the schedule.', value: (cron) => cron.spec?.timeZone ?? '<none>' },
    { name: 'Suspend', type: 'boolean', description: 'Whether new runs are held back.', value: suspended },
    { name: 'Active', type: 'integer', description: 'Number of running jobs.', value: (cron) => cron.status?.active?.length ?? 0 },
    { name: 'Last Schedule', description: 'Time since the last run was started.', value: lastSchedule },
    ageColumn,
    ...workloadColumns<CronJobObject>(
      (cron) => cron.spec?.jobTemplate?.spec?.template?.spec?.containers,
      (cron) => formatLabelSelector(cron.spec?.jobTemplate?.spec?.selector),
    ),
  ],
})

function suspended(cron: CronJobObject): string {
  const suspend = cron.spec?.suspend
  if (suspend === undefined) return '<unset>'
  return suspend ? 'True' : 'False'
}

function lastSchedule(cron: CronJobObject, now: number): string {
  const time = cron.status?.lastScheduleTime
  return time === undefined ? '<none>' : translateTimestamp(time, now)
}
