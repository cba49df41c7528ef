// create, update, patch and apply through the store: the rules of the write path.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Harness } from './harness.ts'
import { configMap, configMaps, pod, pods, start } from './harness.ts'

const deployments = '/apis/apps/v1/namespaces/default/deployments'
const merge = { 'content-type': 'application/merge-patch+json' }
const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
const json = { 'content-type': 'application/json-patch+json' }
const apply = { 'content-type': 'application/apply-patch+yaml' }

function deployment(name: string, replicas = 1): object {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
  return { metadata: { name }, spec: { replicas, selector: { matchLabels: labels }, template } }
}

describe('writes', () => {
  let k: Harness
  before(async () => {
    k = await start()
  })
  after(() => k.close())

  test('rule 14: create is 201, system fields of the client are wiped, a second one is 409', async () => {
    const body = { metadata: { name: 'a', uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', selfLink: '/x', generation: 7 } }
    const { code, body: made } = await k.call('POST', configMaps, body)
    assert.equal(code, 201)
    assert.notEqual(made.metadata.uid, 'mine')
    assert.equal(made.metadata.creationTimestamp, '2026-03-01T12:00:00Z')
    assert.equal(made.metadata.generation, undefined)
    const again = await k.call('POST', configMaps, configMap('a'))
    assert.deepEqual([again.code, again.body.reason, again.body.message], [409, 'AlreadyExists', 'configmaps "a" already exists'])
  })

  test('rule 14: a resourceVersion in a create is 500 without reason; the status of a new Deployment is wiped', async () => {
    const { code, body } = await k.call('POST', configMaps, { metadata: { name: 'rv', resourceVersion: '1' } })
    assert.deepEqual([code, body.reason, body.message], [500, undefined, 'resourceVersion should not be set on objects to be created'])
    const made = await k.call('POST', deployments, { ...deployment('st'), status: { replicas: 9 } })
    assert.notEqual(made.body.status?.replicas, 9)
  })

  test('rule 15: generateName makes a name; when none is free the answer is 409 with a hint to come back', async () => {
    const { body } = await k.call('POST', configMaps, { metadata: { generateName: 'gen-' } })
    assert.match(body.metadata.name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    const same = await start({}, { random: () => 0.5 })
    await same.call('POST', configMaps, { metadata: { generateName: 'x-' } })
    const taken = await same.call('POST', configMaps, { metadata: { generateName: 'x-' } })
    assert.equal(taken.code, 409)
    assert.match(taken.body.message, /already exists, the server was not able to generate a unique name for the object$/)
    assert.equal(taken.headers['retry-after'], '1')
    await same.close()
  })

  test('rule 16: PUT without resourceVersion is unconditional, with a stale one 409', async () => {
    const made = await k.call('POST', configMaps, configMap('put'))
    assert.equal((await k.call('PUT', `${configMaps}/put`, configMap('put', { x: '1' }))).code, 200)
    const stale = { metadata: { name: 'put', resourceVersion: made.body.metadata.resourceVersion } }
    const { code, body } = await k.call('PUT', `${configMaps}/put`, stale)
    assert.deepEqual([code, body.reason], [409, 'Conflict'])
    assert.equal(
      body.message,
      'Operation cannot be fulfilled on configmaps "put": the object has been modified; please apply your changes to the latest version and try again',
    )
  })

  test('rule 16: a Lease needs a resourceVersion', async () => {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
    await k.call('POST', leases, { metadata: { name: 'l' }, spec: {} })
    const { code, body } = await k.call('PUT', `${leases}/l`, { metadata: { name: 'l' }, spec: { holderIdentity: 'me' } })
    assert.equal(code, 422)
    assert.match(body.message, /metadata.resourceVersion: Invalid value: 0(x0)?: must be specified for an update$/)
  })

  test('rule 17: PUT to a missing object is 404, for create-on-update kinds 201', async () => {
    assert.equal((await k.call('PUT', `${configMaps}/none`, configMap('none'))).code, 404)
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
    assert.equal((await k.call('PUT', `${leases}/new`, { metadata: { name: 'new' }, spec: {} })).code, 201)
  })

  test('rule 18: uid, name, namespace and kind of a body must be those of the URL', async () => {
    await k.call('POST', configMaps, configMap('id'))
    const uid = await k.call('PUT', `${configMaps}/id`, { metadata: { name: 'id', uid: 'other' } })
    assert.equal(uid.code, 409)
    assert.match(uid.body.message, /Precondition failed: UID in precondition: other, UID in object meta: /)
    const patched = await k.call('PATCH', `${configMaps}/id`, { metadata: { uid: 'other' } }, merge)
    assert.equal(patched.code, 422)
    assert.match(patched.body.message, /metadata.uid: Invalid value: "other": field is immutable/)
    const name = await k.call('PUT', `${configMaps}/id`, configMap('b'))
    assert.deepEqual([name.code, name.body.message], [400, 'the name of the object (b) does not match the name on the URL (id)'])
    const namespace = await k.call('POST', configMaps, { metadata: { name: 'n', namespace: 'other' } })
    assert.equal(namespace.body.message, 'the namespace of the provided object does not match the namespace sent on the request')
    const cluster = await k.call('POST', '/api/v1/nodes', { metadata: { name: 'n', namespace: 'default' } })
    assert.deepEqual([cluster.code, cluster.body.metadata.namespace], [201, undefined])
    const kind = await k.call('POST', configMaps, { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'x' } })
    assert.match(kind.body.message, /^Secret in version "v1" cannot be handled as a ConfigMap: /)
  })

  test('rule 19: an update that changes nothing keeps its revision', async () => {
    await k.call('POST', configMaps, configMap('noop', { x: '1' }))
    const first = await k.call('PUT', `${configMaps}/noop`, configMap('noop', { x: '1' }))
    await k.clock.advance(60_000)
    const second = await k.call('PUT', `${configMaps}/noop`, configMap('noop', { x: '1' }))
    assert.equal(second.code, 200)
    assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion)
    const patched = await k.call('PATCH', `${configMaps}/noop`, { data: { x: '1' } }, merge)
    assert.equal(patched.body.metadata.resourceVersion, first.body.metadata.resourceVersion)
  })

  test('rule 20: patches that meet are repeated, unless they name a resourceVersion', async () => {
    const { body } = await k.call('POST', configMaps, configMap('race'))
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) => k.call('PATCH', `${configMaps}/race`, { data: { [`k${i}`]: 'v' } }, merge)),
    )
    assert.deepEqual([...new Set(all.map((reply) => reply.code))], [200])
    assert.equal(Object.keys((await k.call('GET', `${configMaps}/race`)).body.data).length, 20)
    const locked = await k.call(
      'PATCH',
      `${configMaps}/race`,
      { metadata: { resourceVersion: body.metadata.resourceVersion }, data: { z: '' } },
      merge,
    )
    assert.deepEqual([locked.code, locked.body.reason], [409, 'Conflict'])
  })

  test('rule 21: generation counts changes of spec only', async () => {
    const { body } = await k.call('POST', deployments, deployment('gen'))
    assert.equal(body.metadata.generation, 1)
    const label = await k.call('PATCH', `${deployments}/gen`, { metadata: { labels: { a: 'b' } } }, merge)
    assert.equal(label.body.metadata.generation, 1)
    const scaled = await k.call('PATCH', `${deployments}/gen`, { spec: { replicas: 2 }, metadata: { generation: 99 } }, merge)
    assert.equal(scaled.body.metadata.generation, 2)
  })

  test('rule 22: /status changes status alone, the main path never does', async () => {
    await k.call('POST', deployments, deployment('sub', 3))
    const status = await k.call('PATCH', `${deployments}/sub/status`, { spec: { replicas: 9 }, status: { observedGeneration: 1 } }, merge)
    assert.equal(status.code, 200, status.text)
    assert.deepEqual([status.body.spec.replicas, status.body.status.observedGeneration], [3, 1])
    const main = await k.call('PATCH', `${deployments}/sub`, { status: { observedGeneration: 5 } }, merge)
    assert.equal(main.body.status.observedGeneration, 1)
    assert.equal((await k.call('GET', `${configMaps}/a/status`)).code, 404)
    assert.equal((await k.call('GET', `${deployments}/sub/status`)).body.kind, 'Deployment')
  })

  test('rule 23: creationTimestamp is restored; a deleting object gains no finalizer', async () => {
    await k.call('POST', configMaps, { metadata: { name: 'fin', finalizers: ['a.b/c'] } })
    const kept = await k.call('PATCH', `${configMaps}/fin`, { metadata: { creationTimestamp: '2001-01-01T00:00:00Z' } }, merge)
    assert.equal(kept.body.metadata.creationTimestamp.slice(0, 4), '2026')
    await k.call('DELETE', `${configMaps}/fin`)
    const gained = await k.call('PATCH', `${configMaps}/fin`, { metadata: { finalizers: ['a.b/c', 'd.e/f'] } }, merge)
    assert.equal(gained.code, 422)
    assert.match(gained.body.message, /metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted/)
  })

  test('rule 24: unknown fields are dropped with a warning, refused when strict, silent when ignored', async () => {
    const body = { metadata: { name: 'unknown' }, foo: 1 }
    const warned = await k.call('POST', configMaps, body)
    assert.deepEqual([warned.headers.warning].flat(), ['299 - "unknown field \\"foo\\""'])
    assert.equal(warned.body.foo, undefined)
    const strict = await k.call('POST', `${configMaps}?fieldValidation=Strict`, body)
    assert.equal(strict.code, 400)
    assert.match(strict.body.message, /strict decoding error: unknown field "foo"$/)
    const ignored = await k.call('PUT', `${configMaps}/unknown?fieldValidation=Ignore`, body)
    assert.equal(ignored.headers.warning, undefined)
    const duplicate = await k.call(
      'PUT',
      `${configMaps}/unknown?fieldValidation=Strict`,
      '{"metadata":{"name":"unknown"},"data":{"a":"1","a":"2"}}',
    )
    assert.match(duplicate.body.message, /duplicate field "data.a"/)
  })

  test('rule 25: dryRun=All runs everything but the store, other values are 422', async () => {
    const made = await k.call('POST', `${configMaps}?dryRun=All`, { metadata: { generateName: 'dry-' } })
    assert.equal(made.code, 201)
    assert.match(made.body.metadata.name, /^dry-/)
    assert.ok(made.body.metadata.uid)
    assert.equal(made.body.metadata.resourceVersion, undefined)
    assert.equal((await k.call('GET', `${configMaps}/${made.body.metadata.name}`)).code, 404)
    assert.equal((await k.call('POST', `${configMaps}?dryRun=All`, configMap('a'))).code, 409)
    const patched = await k.call('PATCH', `${configMaps}/a?dryRun=All`, { data: { dry: 'run' } }, merge)
    assert.equal(patched.body.data.dry, 'run')
    assert.equal((await k.call('GET', `${configMaps}/a`)).body.data, undefined)
    const wrong = await k.call('POST', `${configMaps}?dryRun=Some`, configMap('x'))
    assert.equal(wrong.code, 422)
    assert.match(wrong.body.message, /^CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: /)
    assert.equal((await k.call('DELETE', `${configMaps}/a?dryRun=All`)).code, 200)
    assert.equal((await k.call('GET', `${configMaps}/a`)).code, 200)
  })

  test('rule 26: broken bodies are 400 in the words of the decoder', async () => {
    const type = await k.call('POST', configMaps, { metadata: { name: 'x' }, data: 5 })
    assert.match(type.body.message, /^ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number/)
    for (const body of ['', '{', '[]', 'hello']) {
      const { code, body: status } = await k.call('POST', configMaps, body, { 'content-type': 'application/json' })
      assert.equal(code, 400, body)
      assert.match(
        status.message,
        /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: /,
      )
    }
  })

  test('rule 27: a body above 3 MiB is 413', async () => {
    const { code, body } = await k.call('POST', configMaps, Buffer.alloc(3 * 1024 * 1024 + 1, 32), { 'content-type': 'application/json' })
    assert.deepEqual([code, body.reason], [413, 'RequestEntityTooLarge'])
    assert.match(body.message, /limit is 3145728$/)
  })

  test('B1: a body without Content-Type is JSON, YAML is read, other types are 415', async () => {
    const bare = await k.server.fastify.inject({ method: 'POST', url: configMaps, payload: Buffer.from(JSON.stringify(configMap('bare'))) })
    assert.equal(bare.statusCode, 201)
    const yaml = await k.call('POST', configMaps, 'metadata:\n  name: yaml\ndata:\n  a: "1"\n', { 'content-type': 'application/yaml' })
    assert.equal(yaml.code, 201, yaml.text)
    const other = await k.call('POST', configMaps, 'x', { 'content-type': 'text/xml' })
    assert.deepEqual([other.code, other.body.reason], [415, 'UnsupportedMediaType'])
    assert.match(
      other.body.message,
      /^the body of the request was in an unknown format - accepted media types include: application\/json, application\/yaml/,
    )
  })

  test('rule 29: PATCH of a missing object is 404, an unknown patch type 415 with the four', async () => {
    assert.equal((await k.call('PATCH', `${configMaps}/none`, {}, merge)).code, 404)
    const { code, body } = await k.call('PATCH', `${configMaps}/a`, {}, { 'content-type': 'application/json' })
    assert.equal(code, 415)
    assert.match(
      body.message,
      /json-patch\+json, application\/merge-patch\+json, application\/strategic-merge-patch\+json, application\/apply-patch\+yaml$/,
    )
  })

  test('rule 30: strategic merge merges containers by name', async () => {
    await k.call('POST', deployments, deployment('smp'))
    const containers = [
      { name: 'c', image: 'nginx:2' },
      { name: 'side', image: 'busybox' },
    ]
    const { code, body, text } = await k.call('PATCH', `${deployments}/smp`, { spec: { template: { spec: { containers } } } }, strategic)
    assert.equal(code, 200, text)
    const images = body.spec.template.spec.containers.map(({ name, image }: { name: string; image: string }) => `${name}=${image}`)
    assert.deepEqual(images.sort(), ['c=nginx:2', 'side=busybox'])
  })

  test('rule 32: a JSON patch that does not apply is 422', async () => {
    assert.equal((await k.call('PATCH', `${configMaps}/a`, [{ op: 'add', path: '/data', value: { j: 'p' } }], json)).body.data.j, 'p')
    assert.equal((await k.call('PATCH', `${configMaps}/a`, [{ op: 'test', path: '/data/j', value: 'q' }], json)).code, 422)
    assert.equal((await k.call('PATCH', `${configMaps}/a`, { not: 'a list' }, json)).code, 400)
  })

  test('rule 33: apply needs a manager, force only goes with apply', async () => {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa' }, data: { x: '1' } }
    const none = await k.call('PATCH', `${configMaps}/ssa`, config, apply)
    assert.equal(none.code, 422)
    assert.match(none.body.message, /fieldManager: Required value: is required for apply patch$/)
    const force = await k.call('PATCH', `${configMaps}/a?force=true`, {}, merge)
    assert.match(force.body.message, /force: Forbidden: may not be specified for non-apply patch$/)
    const made = await k.call('PATCH', `${configMaps}/ssa?fieldManager=m1`, config, apply)
    assert.equal(made.code, 201, made.text)
    assert.deepEqual([made.body.metadata.managedFields[0].manager, made.body.metadata.managedFields[0].operation], ['m1', 'Apply'])
  })

  test('rule 34: apply over the field of another manager is 409 with its cause, force takes it', async () => {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa' }, data: { x: '2' } }
    const { code, body } = await k.call('PATCH', `${configMaps}/ssa?fieldManager=m2`, config, apply)
    assert.deepEqual([code, body.reason], [409, 'Conflict'])
    assert.match(body.message, /^Apply failed with 1 conflict: conflict with "m1"/)
    assert.equal(body.details.causes[0].field, '.data.x')
    const forced = await k.call('PATCH', `${configMaps}/ssa?fieldManager=m2&force=true`, config, apply)
    assert.deepEqual([forced.code, forced.body.data.x], [200, '2'])
  })

  test('rule 36: an update records its manager by the parameter, else by the User-Agent', async () => {
    const made = await k.call('POST', `${configMaps}?fieldManager=me`, configMap('mf', { a: '1' }))
    assert.equal(made.body.metadata.managedFields[0].manager, 'me')
    const put = await k.call('PATCH', `${configMaps}/mf`, { data: { b: '2' } }, { ...merge, 'user-agent': 'kubectl/v1.35 (linux)' })
    assert.deepEqual(put.body.metadata.managedFields.map((entry: { manager: string }) => entry.manager).sort(), ['kubectl', 'me'])
  })

  test('rule 60: what is invalid is 422 with one cause per field', async () => {
    const { code, body } = await k.call('POST', configMaps, { metadata: { name: 'Not_Valid' } })
    assert.deepEqual([code, body.reason, body.details.kind], [422, 'Invalid', 'ConfigMap'])
    assert.match(body.message, /^ConfigMap "Not_Valid" is invalid: metadata.name: Invalid value: "Not_Valid": /)
    assert.equal(body.details.causes[0].reason, 'FieldValueInvalid')
  })

  test('guarantees 20: a label named __proto__ and integers beyond 2^53 survive', async () => {
    const text = '{"metadata":{"name":"proto","annotations":{"__proto__":"x"}},"data":{"__proto__":"y"}}'
    const made = await k.call('POST', configMaps, text)
    assert.equal(made.code, 422) // not a valid annotation key: told, not swallowed
    const data = await k.call('POST', configMaps, '{"metadata":{"name":"proto"},"data":{"__proto__":"y"}}')
    assert.match(data.text, /"data":\{"__proto__":"y"\}/)
    const big = JSON.stringify(pod('big')).replace('"containers"', '"securityContext":{"runAsUser":9007199254740993},"containers"')
    const made2 = await k.call('POST', `${pods}?dryRun=All`, big)
    assert.match(made2.text, /9007199254740993/)
  })
})
