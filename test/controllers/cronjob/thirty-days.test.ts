// Thirty days of CronJobs on a virtual clock: the controller's own requeue times drive it, its plans are carried out at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cronjob } from '../../../controllers/cronjob/index.ts'
import type { CronJob as CronJobObject, Job as JobObject } from '../../../openapi/types/batch/v1.ts'
import { CronJob } from '../../../src/api/batch/cronjob.ts'
import { Job } from '../../../src/api/batch/job.ts'
import { timestamp } from '../../../src/apimachinery/clock.ts'
import { ObjectCache } from '../../../src/client/informer.ts'
import type { Plan } from '../../../src/controller/plan.ts'

const day = 86_400_000
const start = Date.parse('2026-03-01T00:00:00Z') - 1000

/** Start times of all jobs made in thirty days; jobs end a second after they began. */
async function run(schedule: string): Promise<number[]> {
  let one: CronJobObject = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick', namespace: 'default', uid: 'u', creationTimestamp: timestamp(start) },
    spec: { schedule, concurrencyPolicy: 'Forbid', successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1, jobTemplate: {} },
    status: {},
  }
  const jobs = new Map<string, JobObject>()
  const made: number[] = []
  const memory = new Map<string, unknown>()
  let now = start
  while (now < start + 30 * day) {
    const cache = new ObjectCache<JobObject>(Job)
    cache.replace([...jobs.values()], '1')
    const context = { now, memory, key: 'default/tick', random: () => 0, options: {}, ports: {} }
    const plan = (await cronjob.reconcile(one, { jobs: cache }, context)) as Plan
    let changed = false
    for (const write of plan.steps.flat()) {
      if (write.op === 'create') {
        const name = write.object.metadata?.name ?? ''
        assert.ok(!jobs.has(name), `${name} is made once`)
        jobs.set(name, { ...write.object, metadata: { ...write.object.metadata, uid: name }, status: { startTime: timestamp(now) } })
        made.push(now)
        changed = true
      } else if (write.op === 'delete') jobs.delete(write.name)
      else if (write.op === 'status' && write.kind === CronJob)
        one = { ...one, status: write.status as NonNullable<CronJobObject['status']> }
    }
    // an event wakes the key at once; afterwards running jobs end
    if (changed) continue
    const running = [...jobs].filter(([, job]) => job.status?.conditions === undefined)
    for (const [name, job] of running) {
      const conditions = [{ type: 'Complete', status: 'True' }]
      jobs.set(name, { ...job, status: { ...job.status, conditions, completionTime: timestamp(now + 1000) } })
    }
    assert.ok(plan.requeueAfterMs !== undefined)
    now += running.length > 0 ? 1000 : plan.requeueAfterMs
    assert.ok(jobs.size <= 4, 'the history is limited')
  }
  assert.equal(one.status?.active, undefined)
  return made
}

const perDay = (times: readonly number[]) =>
  Object.values(Object.groupBy(times, (time) => new Date(time).toISOString().slice(0, 10))).map((list) => list?.length)

test('every quarter of an hour: 96 a day', async () => {
  assert.deepEqual(
    perDay(await run('0,15,30,45 * * * *')),
    Array.from({ length: 30 }, () => 96),
  )
})

test('every half hour of the first of a month: 48, and none on other days', async () => {
  const times = await run('0,30 * 1 * *')
  assert.deepEqual(perDay(times), [48])
  assert.equal(new Date(times[0] ?? 0).toISOString().slice(0, 10), '2026-03-01')
})
