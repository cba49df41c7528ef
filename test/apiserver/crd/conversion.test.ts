// Conversion by webhook: every verb in every version, what of an answer is refused, and a change of the storage version.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Harness } from '../core/harness.ts'
import { summary } from '../core/harness.ts'
import { type HookServer, hookServer } from '../webhook/hook-server.ts'
import { definition, version } from './definitions.ts'
import { crds, serving, until } from './served.ts'

// biome-ignore lint/suspicious/noExplicitAny: objects of every shape are looked into
type Json = any

const group = '/apis/save.example.com'
const merge = { 'content-type': 'application/merge-patch+json' }
const apply = { 'content-type': 'application/apply-patch+yaml' }
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
const string = { type: 'string' }
const object = (properties: Json) => ({ type: 'object', properties })

/** v1 has hour and minute, v1beta1 one text of both. */
function backups(clientConfig: Json, stored: 'v1' | 'v1beta1' = 'v1'): Json {
  const v1 = version(
    'v1',
    object({
      spec: object({ hour: { type: 'integer', maximum: 23 }, minute: { type: 'integer', default: 0 } }),
      status: object({ last: string }),
    }),
    {
      storage: stored === 'v1',
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: 'Hour', type: 'integer', jsonPath: '.spec.hour' }],
      selectableFields: [{ jsonPath: '.spec.hour' }],
    },
  )
  const v1beta1 = version(
    'v1beta1',
    object({
      spec: object({ at: { ...string, pattern: '^[0-9]+:[0-9]+$' }, copies: { type: 'integer' } }),
      status: object({ last: string }),
    }),
    {
      storage: stored === 'v1beta1',
      subresources: { scale: { specReplicasPath: '.spec.copies', statusReplicasPath: '.status.copies' } },
      additionalPrinterColumns: [{ name: 'At', type: 'string', jsonPath: '.spec.at' }],
      selectableFields: [{ jsonPath: '.spec.at' }],
    },
  )
  const crd: Json = definition('save.example.com', { plural: 'backups', kind: 'Backup' }, [v1, v1beta1])
  crd.spec.conversion = { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v2', 'v1', 'v1beta1'] } }
  return crd
}

function converted({ spec = {}, ...rest }: Json, desired: string): Json {
  if (desired.endsWith('/v1')) {
    const [hour, minute] = (spec.at ?? '').split(':').map(Number)
    return { ...rest, apiVersion: desired, spec: spec.at === undefined ? {} : { hour, minute, lost: 1 } }
  }
  return { ...rest, apiVersion: desired, spec: spec.hour === undefined ? {} : { at: `${spec.hour}:${spec.minute ?? 0}` } }
}

const honest: HookServer['answer'] = (review) => ({
  body: {
    kind: 'ConversionReview',
    apiVersion: review.apiVersion,
    response: {
      uid: review.request.uid,
      result: { status: 'Success' },
      convertedObjects: review.request.objects.map((one: Json) => converted(one, review.request.desiredAPIVersion)),
    },
  },
})

let hook: HookServer
let server: Harness
before(async () => {
  hook = await hookServer(honest)
  server = await serving(backups({ url: `${hook.url}/convert`, caBundle: hook.caBundle }))
})
beforeEach(() => {
  hook.answer = honest
})
after(async () => {
  await server.close()
  await hook.close()
})

const v1 = (name = '') => `${group}/v1/namespaces/default/backups${name && `/${name}`}`
const beta = (name = '') => `${group}/v1beta1/namespaces/default/backups${name && `/${name}`}`

test('an object is created, read, changed and deleted in a version that is not stored', async () => {
  const made = await server.call('POST', beta(), { metadata: { name: 'a' }, spec: { at: '3:30' } })
  assert.deepEqual([made.code, made.body.apiVersion, made.body.spec], [201, 'save.example.com/v1beta1', { at: '3:30' }], made.text)
  const stored = await server.call('GET', v1('a'))
  assert.deepEqual([stored.body.apiVersion, stored.body.spec], ['save.example.com/v1', { hour: 3, minute: 30 }])
  assert.equal(stored.body.metadata.resourceVersion, made.body.metadata.resourceVersion)
  const patched = await server.call('PATCH', beta('a'), { spec: { at: '4:15' } }, merge)
  assert.deepEqual([patched.code, patched.body.spec, patched.body.metadata.generation], [200, { at: '4:15' }, 2], patched.text)
  const put = await server.call('PUT', beta('a'), { ...patched.body, spec: { at: '5:15' } })
  assert.deepEqual([put.code, put.body.spec], [200, { at: '5:15' }], put.text)
  assert.deepEqual((await server.call('GET', v1('a'))).body.spec, { hour: 5, minute: 15 })
  const kept = await server.call('PATCH', beta('a'), { metadata: { finalizers: ['example.com/x'] } }, merge)
  const marked = await server.call('DELETE', beta('a'))
  assert.deepEqual([marked.code, marked.body.apiVersion, marked.body.spec], [200, 'save.example.com/v1beta1', { at: '5:15' }], kept.text)
  assert.equal((await server.call('PATCH', beta('a'), { metadata: { finalizers: null } }, merge)).code, 200)
  assert.equal((await server.call('GET', v1('a'))).code, 404)
})

test('each version has its rules, columns, selectable fields and subresources', async () => {
  assert.equal((await server.call('POST', beta(), { metadata: { name: 'b' }, spec: { at: '7:00' } })).code, 201)
  const wrong = await server.call('POST', beta(), { metadata: { name: 'wrong' }, spec: { at: 'noon' } })
  assert.equal(wrong.code, 422)
  assert.match(wrong.body.message, /spec\.at: Invalid value: "noon"/)
  const names = async (url: string) => (await server.call('GET', url, undefined, table)).body
  const [one, other] = [await names(v1()), await names(beta())]
  assert.deepEqual([one.columnDefinitions[1].name, one.rows[0].cells[1]], ['Hour', 7])
  assert.deepEqual([other.columnDefinitions[1].name, other.rows[0].cells[1]], ['At', '7:0'])
  const selected = async (url: string) => (await server.call('GET', url)).body
  assert.equal((await selected(`${v1()}?fieldSelector=spec.hour%3D7`)).items.length, 1)
  assert.equal((await selected(`${beta()}?fieldSelector=spec.at%3D7:0`)).items.length, 1)
  assert.equal((await selected(`${beta()}?fieldSelector=spec.at%3D8:0`)).items.length, 0)
  assert.equal((await selected(`${beta()}?fieldSelector=spec.hour%3D7`)).message, 'field label not supported: spec.hour')
  assert.equal((await server.call('GET', `${v1('b')}/scale`)).code, 404)
  assert.equal((await server.call('GET', `${beta('b')}/scale`)).body.kind, 'Scale')
  assert.equal((await server.call('GET', `${beta('b')}/status`)).code, 404)
  const status = await server.call('PATCH', `${v1('b')}/status`, { status: { last: 'x' }, spec: { hour: 9 } }, merge)
  assert.deepEqual([status.body.spec.hour, status.body.status], [7, { last: 'x' }], status.text)
  const whole = await server.call('PATCH', beta('b'), { status: { last: 'y' } }, merge)
  assert.deepEqual(whole.body.status, { last: 'y' }, whole.text)
  const discovered = async (name: string) =>
    (await server.call('GET', `${group}/${name}`)).body.resources.map((resource: Json) => resource.name)
  assert.deepEqual(await discovered('v1'), ['backups', 'backups/status'])
  assert.deepEqual(await discovered('v1beta1'), ['backups', 'backups/scale'])
  const document = await server.call('GET', `/openapi/v3${group}/v1beta1`)
  const { properties } = document.body.components.schemas['com.example.save.v1beta1.Backup']
  assert.deepEqual(Object.keys(properties.spec.properties), ['at', 'copies'])
})

test('ownership is kept in the version in which a manager wrote', async () => {
  const text = (apiVersion: string, spec: Json) =>
    JSON.stringify({ apiVersion: `save.example.com/${apiVersion}`, kind: 'Backup', metadata: { name: 'c' }, spec })
  const first = await server.call('PATCH', `${beta('c')}?fieldManager=old`, text('v1beta1', { at: '1:10' }), apply)
  assert.equal(first.code, 201, first.text)
  const conflict = await server.call('PATCH', `${v1('c')}?fieldManager=new`, text('v1', { hour: 2 }), apply)
  assert.equal(conflict.code, 409, conflict.text)
  assert.match(conflict.body.message, /conflict with "old": \.spec\.at/)
  const forced = await server.call('PATCH', `${v1('c')}?fieldManager=new&force=true`, text('v1', { hour: 2 }), apply)
  assert.equal(forced.code, 200, forced.text)
  assert.deepEqual(forced.body.spec, { hour: 2, minute: 10 })
  const entries = forced.body.metadata.managedFields.map(({ manager, apiVersion }: Json) => [manager, apiVersion])
  assert.ok(
    entries.some(([manager, apiVersion]: string[]) => manager === 'new' && apiVersion === 'save.example.com/v1'),
    JSON.stringify(entries),
  )
})

test('lists are converted in one batch and watches event by event; what is converted is kept', async () => {
  for (const name of ['n1', 'n2']) await server.call('POST', v1(), { metadata: { name }, spec: { hour: 8 } })
  hook.calls.length = 0
  const list = await server.call('GET', beta())
  assert.ok(list.body.items.every((item: Json) => item.apiVersion === 'save.example.com/v1beta1' && item.spec.at !== undefined))
  assert.deepEqual(
    hook.calls.map(({ body }) => body.request.objects.map(({ metadata }: Json) => metadata.name)),
    [['c', 'n1', 'n2']],
  )
  await server.call('GET', beta())
  assert.equal(hook.calls.length, 1)
  const watch = await server.watch(`${beta()}?watch=true&fieldSelector=spec.at%3D6:6`)
  for (const name of ['l1', 'l2', 'l3']) await server.call('POST', v1(), { metadata: { name }, spec: { hour: 6, minute: 6 } })
  const events = await watch.take(3)
  assert.deepEqual([summary(events), (events[0]!.object as Json).spec], ['ADDED l1, ADDED l2, ADDED l3', { at: '6:6' }])
  await server.call('PATCH', v1('l1'), { spec: { minute: 7 } }, merge)
  const [left] = await watch.take(1)
  assert.deepEqual([left!.type, (left!.object as Json).spec], ['DELETED', { at: '6:6' }])
  watch.stop()
})

const answers: { name: string; change: (response: Json, review: Json) => void; want: string }[] = [
  { name: 'another uid', change: (response) => (response.uid = 'x'), want: 'failed: expected response.uid="' },
  { name: 'too few objects', change: (response) => (response.convertedObjects = []), want: 'returned 0 objects, expected 1' },
  {
    name: 'a failure with a message',
    change: (response) => (response.result = { status: 'Failure', message: 'too old' }),
    want: 'conversion webhook for save.example.com/v1, Kind=Backup failed: too old',
  },
  { name: 'no status', change: (response) => (response.result = {}), want: "response.result.status was '', not 'Success'" },
  {
    name: 'another version',
    change: ({ convertedObjects: [one] }) => (one.apiVersion = 'save.example.com/v2'),
    want: 'returned invalid object at index 0: invalid groupVersion (expected save.example.com/v1beta1, received save.example.com/v2)',
  },
  {
    name: 'another kind',
    change: ({ convertedObjects: [one] }) => (one.kind = 'Other'),
    want: 'invalid kind (expected Backup, received Other)',
  },
  {
    name: 'another name',
    change: ({ convertedObjects: [one] }) => (one.metadata.name = 'z'),
    want: 'returned invalid object: must have the same name: bad != z',
  },
  { name: 'no metadata', change: ({ convertedObjects: [one] }) => delete one.metadata, want: 'must have the same name: bad != ' },
  {
    name: 'a label that is none',
    change: ({ convertedObjects: [one] }) => (one.metadata.labels = { a: 'b c' }),
    want: 'returned invalid metadata: metadata.labels: Invalid value: "b c"',
  },
  {
    name: 'a label that is no text',
    change: ({ convertedObjects: [one] }) => (one.metadata.labels = { a: 1 }),
    want: 'metadata.labels[a] must be a string, but is int64 in converted object',
  },
  {
    name: 'another review',
    change: (_response, review) => (review.kind = 'Other'),
    want: 'expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got apiextensions.k8s.io/v1, Kind=Other',
  },
  { name: 'no response', change: (_response, review) => delete review.response, want: 'failed: no response provided' },
]

test('an answer that a server may not believe fails the request', async () => {
  await server.call('POST', v1(), { metadata: { name: 'bad' }, spec: { hour: 1 } })
  for (const { name, change, want } of answers) {
    hook.answer = async (review) => {
      const { body } = (await honest(review, '')) as { body: Json }
      change(body.response, body)
      return { body }
    }
    const reply = await server.call('GET', beta('bad'))
    assert.equal(reply.code, 500, name)
    assert.ok(reply.body.message.includes(want), `${name}: ${reply.body.message}`)
  }
})

test('labels and annotations may be changed, other metadata is kept', async () => {
  hook.answer = async (review) => {
    const { body } = (await honest(review, '')) as { body: Json }
    for (const one of body.response.convertedObjects)
      Object.assign(one.metadata, { labels: { was: 'v1' }, generation: 77, creationTimestamp: null })
    return { body }
  }
  const { body } = await server.call('GET', beta('bad'))
  assert.deepEqual([body.metadata.labels, body.metadata.generation], [{ was: 'v1' }, 1])
})

test('a webhook that does not work: HTTP errors, redirects, bad certificates, no answer', async () => {
  await server.call('POST', v1(), { metadata: { name: 'down' }, spec: { hour: 1 } })
  hook.answer = () => ({ code: 302, text: '', headers: { location: 'https://127.0.0.1:1/' } })
  const moved = await server.call('GET', beta('down'))
  assert.match(moved.body.message, /the server responded with the status code 302 but did not return more information/)
  hook.answer = () => ({ code: 500, text: 'oh' })
  assert.match(
    (await server.call('GET', beta('down'))).body.message,
    /an error on the server \("oh"\) has prevented the request from succeeding/,
  )
  hook.answer = () => new Promise(() => {})
  const waiting = server.call('GET', beta('down'))
  while (hook.calls.at(-1)?.body.request.objects[0].metadata.name !== 'down') await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 20))
  await server.clock.advance(30_000)
  assert.match((await waiting).body.message, /Kind=Backup failed: Post "https:\/\/127\.0\.0\.1:\d+\/convert": context deadline exceeded/)
  const stranger = await serving(backups({ url: `${hook.url}/convert` }))
  await stranger.call('POST', v1(), { metadata: { name: 'x' } })
  assert.match(
    (await stranger.call('GET', beta('x'))).body.message,
    /tls: failed to verify certificate: x509: certificate signed by unknown authority/,
  )
  assert.equal((await stranger.call('GET', v1('x'))).code, 200)
  await stranger.close()
})

test('another storage version: old objects are read by the webhook, and a write that changes nothing renews them', async () => {
  const own = await serving(backups({ url: `${hook.url}/convert`, caBundle: hook.caBundle }))
  await own.call('POST', v1(), { metadata: { name: 'o' }, spec: { hour: 3, minute: 4 } })
  const name = `${crds}/backups.save.example.com`
  const storage = ['v1beta1', 'v1'].map(
    (stored) => backups({ url: `${hook.url}/convert`, caBundle: hook.caBundle }, stored as 'v1').spec.versions,
  )
  const changed = await own.call('PATCH', name, { spec: { versions: storage[0] } }, merge)
  assert.deepEqual([changed.code, changed.body.status.storedVersions], [200, ['v1', 'v1beta1']], changed.text)
  await until(own, beta('o'), (body) => body.spec?.at === '3:4')
  assert.deepEqual((await own.call('GET', v1('o'))).body.spec, { hour: 3, minute: 4 })
  const before = (await own.call('GET', beta('o'))).body.metadata.resourceVersion
  const renewed = await own.call('PATCH', beta('o'), {}, merge)
  assert.deepEqual([renewed.code, renewed.body.spec], [200, { at: '3:4' }], renewed.text)
  assert.notEqual(renewed.body.metadata.resourceVersion, before)
  const again = await own.call('PATCH', beta('o'), {}, merge)
  assert.equal(again.body.metadata.resourceVersion, renewed.body.metadata.resourceVersion)
  const dropped = await own.call('PATCH', `${name}/status`, { status: { storedVersions: ['v1beta1'] } }, merge)
  assert.deepEqual([dropped.code, dropped.body.status.storedVersions], [200, ['v1beta1']], dropped.text)
  await own.close()
})

test('a webhook behind a service that does not exist', async () => {
  const service = { namespace: 'default', name: 'hook', path: '/by-service', port: 8443 }
  const own = await serving(backups({ service, caBundle: hook.caBundle }))
  await own.call('POST', v1(), { metadata: { name: 's' }, spec: { hour: 3 } })
  const none = await own.call('GET', beta('s'))
  assert.match(none.body.message, /failed: Post "https:\/\/hook\.default\.svc:8443\/by-service": service "hook" not found$/)
  await own.close()
})
