// The HTTPS server of a worker: health for everyone, metrics for who may read them, and what the queues say there.
import assert from 'node:assert/strict'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startHealthServer } from '../../src/cli/health-server.ts'
import { queueMetrics } from '../../src/client/queue-metrics.ts'
import { Workqueue } from '../../src/client/workqueue.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

function ask(port: number, path: string, token?: string, method = 'GET'): Promise<{ status: number | undefined; text: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, rejectUnauthorized: false, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

test('health is open, metrics are for whom the API server allows them, and it is asked once in a while only', async () => {
  const clock = new VirtualClock()
  let asked = 0
  let away = false
  const client = {
    create: async (kind: { kind: string }, body: { spec: { token?: string; user?: string; nonResourceAttributes?: unknown } }) => {
      if (away) throw new Error('away')
      if (kind.kind === 'TokenReview') {
        asked++
        const known = ['reader', 'other'].includes(body.spec.token ?? '')
        return { status: known ? { authenticated: true, user: { username: body.spec.token } } : {} }
      }
      assert.deepEqual(body.spec.nonResourceAttributes, { path: '/metrics', verb: 'get' })
      return { status: { allowed: body.spec.user === 'reader' } }
    },
  }
  const server = await startHealthServer({ address: '127.0.0.1', port: 0, client: client as never, clock, metrics: () => 'numbers\n' })
  const { port } = server.address() as AddressInfo
  try {
    for (const path of ['/healthz', '/livez', '/readyz?verbose']) assert.deepEqual(await ask(port, path), { status: 200, text: 'ok' })
    assert.deepEqual(await ask(port, '/metrics', 'reader'), { status: 200, text: 'numbers\n' })
    const statuses = []
    for (const token of [undefined, 'nobody', 'other']) statuses.push((await ask(port, '/metrics', token)).status)
    assert.deepEqual(statuses, [401, 401, 403])
    assert.equal((await ask(port, '/else')).status, 404)
    assert.equal((await ask(port, '/metrics', 'reader', 'POST')).status, 405)
    const before = asked
    away = true
    assert.equal((await ask(port, '/metrics', 'reader')).status, 200, 'known for a while')
    await clock.advance(11_000)
    assert.equal((await ask(port, '/metrics', 'reader')).status, 503)
    assert.equal(asked, before)
  } finally {
    server.close()
    server.closeAllConnections()
  }
})

test('queues are counted under the names of upstream', async () => {
  const clock = new VirtualClock()
  const metrics = queueMetrics(clock)
  const queue = new Workqueue({ clock, observer: metrics.of('web') })
  const value = (name: string) => Number(new RegExp(`^workqueue_${name}\\{name="web"\\} (.*)$`, 'm').exec(metrics.text())?.[1])
  queue.add('a')
  queue.add('a')
  queue.add('b')
  assert.deepEqual([value('adds_total'), value('depth')], [2, 2])
  await clock.advance(2000)
  assert.equal(await queue.take(), 'a')
  queue.add('a')
  queue.add('a')
  await clock.advance(3000)
  assert.deepEqual([value('adds_total'), value('depth'), value('unfinished_work_seconds')], [3, 2, 3])
  queue.done('a')
  queue.addRateLimited('c')
  assert.deepEqual([value('depth'), value('retries_total'), value('unfinished_work_seconds')], [2, 1, 0])
  assert.deepEqual(
    [value('queue_duration_seconds_sum'), value('work_duration_seconds_sum'), value('work_duration_seconds_count')],
    [2, 3, 1],
  )
  assert.match(metrics.text(), /^workqueue_work_duration_seconds_bucket\{name="web",le="10"\} 1$/m)
  assert.match(metrics.text(), /^# TYPE workqueue_depth gauge$/m)
  queue.close()
})
