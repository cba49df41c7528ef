// The time limit of short requests: 504 in upstream's words, and nothing of the late answer; what runs long has none.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Route } from '../../../src/apiserver/context.ts'
import { type Harness, settle, start } from './harness.ts'

/** A path that answers only when it is told to. */
function slow(): { route: Route; answer: () => void; signal: () => AbortSignal | undefined } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let signal: AbortSignal | undefined
  return {
    answer: resolve,
    signal: () => signal,
    route: {
      path: /^\/slow/,
      methods: ['GET', 'POST'],
      handle: async (request) => {
        signal = request.signal
        await promise
        return { type: 'raw', contentType: 'text/plain', body: 'late' }
      },
    },
  }
}

async function world(run: (harness: Harness, path: ReturnType<typeof slow>) => Promise<void>): Promise<void> {
  const path = slow()
  const harness = await start({ requestTimeoutMs: 60_000 }, { routes: [path.route] })
  try {
    await run(harness, path)
  } finally {
    path.answer()
    await harness.close()
  }
}

const table = [
  { name: 'the server’s own limit', url: '/slow', ms: 60_000 },
  { name: 'less, as the client asks', url: '/slow?timeout=1.5s', ms: 1_500 },
  { name: 'no more than the server’s', url: '/slow?timeout=1h', ms: 60_000 },
  { name: 'none of the client’s own', url: '/slow?timeout=0s', ms: 60_000 },
]

describe('a request that is not long-running has a time limit', () => {
  for (const { name, url, ms } of table) {
    it(name, () =>
      world(async ({ call, clock }, path) => {
        let reply: Awaited<ReturnType<typeof call>> | undefined
        const asked = call('GET', url).then((got) => {
          reply = got
        })
        await settle()
        await clock.advance(ms - 1)
        assert.equal(reply, undefined)
        assert.equal(path.signal()?.aborted, false)
        await clock.advance(1)
        await asked
        assert.equal(reply!.code, 504)
        assert.deepEqual(reply!.body, {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: 'Timeout: request did not complete within the allotted timeout',
          reason: 'Timeout',
          details: {},
          code: 504,
        })
        assert.equal(path.signal()?.aborted, true)
        path.answer()
        await settle()
        assert.equal(reply!.text.includes('late'), false)
      }),
    )
  }

  it('that must be a duration', () =>
    world(async ({ call }) => {
      const { code, body } = await call('GET', '/api/v1/nodes?timeout=soon')
      assert.deepEqual([code, body.message], [400, 'invalid timeout specified in the request URL - time: invalid duration "soon"'])
    }))
})

it('a watch has none', () =>
  world(async ({ watch, clock, call }) => {
    const open = await watch('/api/v1/namespaces?watch=true&timeout=1s')
    await clock.advance(120_000)
    await call('POST', '/api/v1/namespaces', { metadata: { name: 'late' } })
    const [event] = await open.take(1)
    assert.equal(event?.object.metadata?.name, 'late')
    open.stop()
  }))

it('an answer in time is not touched, and its timer goes', () =>
  world(async ({ call, clock }) => {
    assert.equal((await call('GET', '/api/v1/nodes?timeout=5s')).code, 200)
    await clock.advance(120_000)
    assert.equal((await call('GET', '/api/v1/nodes')).code, 200)
  }))
