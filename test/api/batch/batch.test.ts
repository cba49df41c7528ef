// Jobs and CronJobs: defaults, generated selectors, schedules, rules with upstream's words, columns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CronError, parseCron } from '../../../src/api/batch/cron-schedule.ts'
import { CronJob } from '../../../src/api/batch/cronjob.ts'
import { indexCount } from '../../../src/api/batch/indexes.ts'
import { Job } from '../../../src/api/batch/job.ts'
import { cells, created, createErrors, defaulted, now, updateErrors } from '../strategy.ts'

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } }
const job = (more: object = {}) => ({ metadata: { name: 'pi', namespace: 'default' }, spec: { template, ...more } })
const cron = (more: object = {}, name = 'tick') => ({
  metadata: { name },
  spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template } }, ...more },
})

test('a Job gets upstream’s defaults', () => {
  const { template: _template, ...spec } = defaulted(Job, job()).spec!
  assert.deepEqual(spec, {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    manualSelector: false,
  })
  assert.equal(defaulted(Job, job({ parallelism: 2 })).spec?.completions, undefined)
  assert.equal(defaulted(Job, job({ backoffLimitPerIndex: 1 })).spec?.backoffLimit, 2147483647)
})

test('a Job’s pods carry its uid and name', () => {
  const { spec } = created(Job, job())
  assert.deepEqual(spec?.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } })
  assert.deepEqual(spec?.template.metadata?.labels, {
    'job-name': 'pi',
    'batch.kubernetes.io/job-name': 'pi',
    'controller-uid': 'u-1',
    'batch.kubernetes.io/controller-uid': 'u-1',
  })
})

const jobs = [
  { name: 'a good one', given: job(), want: [] },
  {
    name: 'pods that restart always',
    given: job({ template: { spec: { containers: template.spec.containers } } }),
    want: ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  },
  {
    name: 'an unknown restart policy',
    given: job({ template: { spec: { restartPolicy: 'X', containers: template.spec.containers } } }),
    want: [
      'spec.template.spec.restartPolicy: Unsupported value: "X": supported values: "Always", "OnFailure", "Never"',
      'spec.template.spec.restartPolicy: Unsupported value: "X": supported values: "OnFailure", "Never"',
    ],
  },
  {
    name: 'indexed without completions',
    given: job({ completionMode: 'Indexed', parallelism: 1 }),
    want: ['spec.completions: Required value: when completion mode is Indexed'],
  },
  {
    name: 'a name too long for the last pod',
    given: { ...job({ completionMode: 'Indexed', completions: 10 }), metadata: { name: 'a'.repeat(62) } },
    want: [`metadata.name: Invalid value: "${'a'.repeat(62)}": will not able to create pod with invalid DNS label: ${'a'.repeat(62)}-9`],
  },
  {
    name: 'labels of another job',
    given: job({ template: { metadata: { labels: { 'job-name': 'x' } }, ...template } }),
    want: [
      'spec.template.metadata.labels[job-name]: Invalid value: {"batch.kubernetes.io/controller-uid":"u-1","batch.kubernetes.io/job-name":"pi","controller-uid":"u-1","job-name":"x"}: must be \'pi\'',
    ],
  },
  {
    name: 'failure rules',
    given: job({ podFailurePolicy: { rules: [{ action: 'FailJob' }, { action: 'X', onExitCodes: { operator: 'In', values: [2, 0] } }] } }),
    want: [
      'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
      'spec.podFailurePolicy.rules[1].action: Unsupported value: "X": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
      'spec.podFailurePolicy.rules[1].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
      'spec.podFailurePolicy.rules[1].onExitCodes.values: Invalid value: [2,0]: must be ordered',
    ],
  },
  {
    name: 'an owner that is no path',
    given: job({ managedBy: 'me' }),
    want: ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
  },
]

for (const { name, given, want } of jobs) test(`Job: ${name}`, () => assert.deepEqual(createErrors(Job, given), want))

test('a Job keeps its template and completions', () => {
  const old = created(Job, job({ completions: 3 }))
  const changed = structuredClone(old)
  changed.spec!.completions = 4
  assert.deepEqual(updateErrors(Job, changed, old), ['spec.completions: Invalid value: 4: field is immutable'])
  const tolerations = structuredClone(old)
  tolerations.spec!.template.spec!.tolerations = [{ operator: 'Exists' }]
  assert.match(updateErrors(Job, tolerations, old)[0] ?? '', /^spec\.template: Invalid value: .*: field is immutable$/)
  const suspended = structuredClone(old)
  suspended.spec!.suspend = true
  tolerations.spec!.suspend = true
  assert.deepEqual(updateErrors(Job, tolerations, suspended), [])
})

const crons = [
  { name: 'a good one', given: cron(), want: [] },
  { name: 'no schedule', given: cron({ schedule: '' }), want: ['spec.schedule: Required value'] },
  {
    name: 'three fields',
    given: cron({ schedule: '0,15 * *' }),
    want: ['spec.schedule: Invalid value: "0,15 * *": expected exactly 5 fields, found 3: [0,15 * *]'],
  },
  {
    name: 'a time zone in the schedule',
    given: cron({ schedule: 'TZ=UTC 0 * * * *' }),
    want: ['spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  },
  {
    name: 'an unknown time zone',
    given: cron({ timeZone: 'Mars/Base' }),
    want: ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
  },
  {
    name: 'an unknown policy',
    given: cron({ concurrencyPolicy: 'Queue' }),
    want: ['spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"'],
  },
  {
    name: 'a long name',
    given: cron({}, 'a'.repeat(53)),
    want: [`metadata.name: Invalid value: "${'a'.repeat(53)}": must be no more than 52 characters`],
  },
]

for (const { name, given, want } of crons) test(`CronJob: ${name}`, () => assert.deepEqual(createErrors(CronJob, given), want))

const schedules = [
  ['61 * * * *', 'end of range (61) above maximum (59): 61'],
  ['0 0 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['@often', 'unrecognized descriptor: @often'],
  ['', 'empty spec string'],
] as const

for (const [text, message] of schedules) {
  test(`the schedule "${text}" cannot be read`, () => assert.throws(() => parseCron(text), new CronError(message)))
}

test('schedules as sets of numbers', () => {
  const schedule = parseCron('*/20 9-11 1,15 jan MON-fri')
  assert.ok('minutes' in schedule)
  assert.deepEqual([...schedule.minutes], [0, 20, 40])
  assert.deepEqual([...schedule.hours], [9, 10, 11])
  assert.deepEqual([...schedule.months], [1])
  assert.deepEqual([...schedule.daysOfWeek], [1, 2, 3, 4, 5])
  assert.equal(schedule.anyDayOfMonth, false)
  assert.deepEqual(parseCron('@every 90s'), { everyMs: 90_000 })
})

test('lists of indexes', () => {
  assert.equal(indexCount('0,2-4,7', 10), 5)
  assert.equal(indexCount('3,1', 10), 'non-increasing order, previous: 3, current: 1')
  assert.equal(indexCount('12', 10), 'too large index: "12"')
})

test('rows of jobs', () => {
  const started = new Date(now - 90_000).toISOString()
  const running = { ...job({ completions: 3 }), status: { succeeded: 1, startTime: started } }
  const { Status, Completions, Duration } = cells(Job, running)
  assert.deepEqual([Status, Completions, Duration], ['Running', '1/3', '90s'])
  assert.equal(cells(Job, { ...job(), status: { conditions: [{ type: 'Complete', status: 'True' }] } })['Status'], 'Complete')
  assert.equal(cells(Job, job({ parallelism: 2 }))['Completions'], '0/1 of 2')
  const row = cells(CronJob, { ...cron({ suspend: false }), status: { active: [{}] } })
  assert.deepEqual([row['Timezone'], row['Suspend'], row['Active'], row['Last Schedule']], ['<none>', 'False', 1, '<none>'])
})

test('a Job ends in order', () => {
  const condition = (type: string) => ({ type, status: 'True' })
  const startTime = '2026-01-01T00:00:00Z'
  const with_ = (status: object) => ({ ...job(), status })
  const running = with_({ active: 1, startTime })
  const status = (given: object, old: object = running) => {
    const before = { ...created(Job, job()), ...old }
    return Job.validateStatusUpdate?.({ ...before, ...given } as never, before as never).map(({ field, detail }) => `${field}: ${detail}`)
  }
  const complete = with_({ startTime, completionTime: startTime, conditions: [condition('SuccessCriteriaMet'), condition('Complete')] })
  assert.deepEqual(status(complete), [])
  assert.deepEqual(status(with_({ startTime, active: 1, conditions: [condition('Failed')] })), [
    'status.conditions: cannot set Failed=True condition without the FailureTarget=true condition',
    'status.active: active>0 is invalid for finished job',
  ])
  assert.deepEqual(status(with_({ startTime, completionTime: startTime, conditions: [condition('SuccessCriteriaMet')] }), complete), [
    'status.conditions: cannot disable the terminal Complete=True condition',
    'status.completionTime: cannot set completionTime when there is no Complete=True condition',
  ])
})
