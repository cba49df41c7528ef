// How webhooks are called: by URL or service, for which name, and what an answer may be.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { webhookClient } from '../../../src/apiserver/webhook/client.ts'
import { ManualClock } from '../core/harness.ts'
import { type HookServer, hookServer } from './hook-server.ts'

let hook: HookServer
before(async () => {
  hook = await hookServer(() => ({ body: { ok: true } }))
})
after(() => hook.close())

const call = { timeoutMs: 1_500, maxAnswerBytes: 1_000, signal: new AbortController().signal }
const client = webhookClient(new ManualClock(), ({ namespace, name }) => {
  if (name === 'gone') throw new Error(`service ${JSON.stringify(name)} not found`)
  return { host: '127.0.0.1', port: hook.port, serverName: `${name}.${namespace}.svc` }
})
after(() => client.close())

test('a service is reached where it is, its certificate is verified for its name', async () => {
  const service = { namespace: 'hooks', name: 'hook', path: '/check?x=1' }
  assert.deepEqual(
    await client.post({ service: { ...service, path: '/check' }, caBundle: hook.caBundle }, { a: 1n }, { ...call, tellTimeout: true }),
    { ok: true },
  )
  const { url, body, headers } = hook.calls.at(-1)!
  assert.deepEqual(
    [url, body, headers['host'], headers['user-agent']],
    ['/check?timeout=2s', { a: 1 }, 'hook.hooks.svc', 'kube-apiserver-admission'],
  )
  const other = client.post({ service: { ...service, name: 'other' }, caBundle: hook.caBundle }, {}, call)
  await assert.rejects(other, /tls: failed to verify certificate: x509: certificate is valid for hook\.hooks\.svc, not other\.hooks\.svc/)
  const gone = client.post({ service: { namespace: 'n', name: 'gone' } }, {}, call)
  await assert.rejects(gone, { message: 'Post "https://gone.n.svc/": service "gone" not found' })
})

const refused: { name: string; answer: Parameters<typeof hookServer>[0]; want: RegExp }[] = [
  { name: 'too long', answer: () => ({ body: 'x'.repeat(1_001) }), want: /the answer is longer than 1000 bytes/ },
  { name: 'no JSON', answer: () => ({ code: 200, text: '<html>' }), want: /couldn't get version\/kind; json parse error/ },
  { name: 'a redirect', answer: () => ({ code: 307, text: '', headers: { location: '/' } }), want: /status code 307/ },
  { name: 'not found', answer: () => ({ code: 404, text: '' }), want: /^Error: the server could not find the requested resource$/ },
]

test('answers that are no answers', async () => {
  for (const { name, answer, want } of refused) {
    hook.answer = answer
    const error = await client.post({ url: hook.url, caBundle: hook.caBundle }, {}, call).catch((reason) => reason)
    assert.match(String(error), want, name)
  }
  await assert.rejects(client.post({ url: 'http://127.0.0.1/' }, {}, call), /https/)
  await assert.rejects(client.post({ url: 'https://127.0.0.1:1/', caBundle: hook.caBundle }, {}, call), {
    message: 'Post "https://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
  })
})

test('a caller that gives up ends the call', async () => {
  hook.answer = () => new Promise(() => {})
  const given = new AbortController()
  const waiting = client.post({ url: hook.url, caBundle: hook.caBundle }, {}, { ...call, signal: given.signal })
  given.abort()
  await assert.rejects(waiting, /context canceled/)
})
