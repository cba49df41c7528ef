import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Harness } from '../core/harness.ts'
import { summary } from '../core/harness.ts'
import { certificates, definition, monitors, routes, version, workflows } from './definitions.ts'
import { conditionOf, crds, serving, until } from './served.ts'

const certs = '/apis/certs.example.com/v1/namespaces/default/certificates'
const mons = '/apis/metrics.example.com/v1/namespaces/default/monitors'
const flows = '/apis/flow.example.com/v1alpha1/namespaces/default/workflows'
const gates = '/apis/gateway.example.com/v1/namespaces/default/routes'
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
const merge = { 'content-type': 'application/merge-patch+json' }
const apply = { 'content-type': 'application/apply-patch+yaml' }
const certificate = (name: string, spec: object = {}) => ({
  apiVersion: 'certs.example.com/v1',
  kind: 'Certificate',
  metadata: { name },
  spec: { secretName: 's', issuerRef: { name: 'i' }, ...spec },
})

let server: Harness
before(async () => {
  server = await serving(certificates, monitors, workflows, routes)
})
after(() => server.close())

test('a definition gets its conditions and names', async () => {
  const { body } = await server.call('GET', `${crds}/certificates.certs.example.com`)
  assert.deepEqual(body.status.acceptedNames, {
    plural: 'certificates',
    singular: 'certificate',
    shortNames: ['cert', 'certs'],
    kind: 'Certificate',
    listKind: 'CertificateList',
    categories: ['issuance'],
  })
  const time = '2026-03-01T12:00:00Z'
  assert.deepEqual(body.status.conditions, [
    { type: 'NamesAccepted', status: 'True', lastTransitionTime: time, reason: 'NoConflicts', message: 'no conflicts found' },
    {
      type: 'Established',
      status: 'True',
      lastTransitionTime: time,
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    },
  ])
  assert.deepEqual(body.status.storedVersions, ['v1'])
})

test('discovery and OpenAPI know the kind', async () => {
  const { body } = await server.call('GET', '/apis/metrics.example.com/v1')
  assert.deepEqual(
    body.resources.map(({ name, kind, group }: { name: string; kind: string; group?: string }) => [name, kind, group]),
    [
      ['monitors', 'Monitor', undefined],
      ['monitors/scale', 'Scale', 'autoscaling'],
      ['monitors/status', 'Monitor', undefined],
    ],
  )
  const openapi = await server.call('GET', '/openapi/v3/apis/certs.example.com/v1')
  const schema = openapi.body.components.schemas['com.example.certs.v1.Certificate']
  assert.deepEqual(schema.properties.spec.properties.privateKey.properties.algorithm.enum, ['RSA', 'ECDSA', 'Ed25519'])
})

test('objects are defaulted, pruned, listed and printed', async () => {
  const made = await server.call('POST', certs, certificate('a', { other: 1 }))
  assert.equal(made.code, 201)
  assert.deepEqual(made.headers['warning'], ['299 - "unknown field \\"spec.other\\""'])
  assert.deepEqual(made.body.spec, {
    secretName: 's',
    issuerRef: { name: 'i', kind: 'Issuer' },
    duration: '2160h',
    privateKey: { algorithm: 'RSA' },
  })
  assert.equal(made.body.metadata.generation, 1)
  const status = { conditions: [{ type: 'Ready', status: 'True' }], revision: 2 }
  await server.call('PATCH', `${certs}/a/status`, { status }, merge)
  const list = await server.call('GET', certs)
  assert.deepEqual([list.body.kind, list.body.items[0].kind, list.body.items.length], ['CertificateList', 'Certificate', 1])
  const printed = await server.call('GET', certs, undefined, table)
  assert.deepEqual(
    printed.body.columnDefinitions.map(({ name, type, priority }: { name: string; type: string; priority: number }) => [
      name,
      type,
      priority,
    ]),
    [
      ['Name', 'string', 0],
      ['Ready', 'string', 0],
      ['Secret', 'string', 0],
      ['Issuer', 'string', 1],
      ['Revision', 'integer', 0],
      ['Age', 'date', 0],
    ],
  )
  assert.deepEqual(printed.body.rows[0].cells, ['a', 'True', 's', 'i', 2, '0s'])
})

test('invalid objects are refused in the words of the schema', async () => {
  const { code, body } = await server.call('POST', certs, {
    metadata: { name: 'Bad_' },
    spec: { secretName: '', dnsNames: ['a', 'b', 'c', 'd'], privateKey: { algorithm: 'DSA', size: 300 }, usages: ['x', 'x'], duration: 5 },
    status: {},
  })
  assert.equal(code, 422)
  assert.deepEqual(
    body.details.causes.map(({ field, message }: { field: string; message: string }) => `${field}: ${message}`),
    [
      `metadata.name: Invalid value: "Bad_": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      'spec.secretName: Invalid value: "": spec.secretName in body should be at least 1 chars long',
      'spec.dnsNames: Too many: 4: must have at most 3 items',
      'spec.privateKey.algorithm: Unsupported value: "DSA": supported values: "RSA", "ECDSA", "Ed25519"',
      'spec.privateKey.size: Invalid value: 300: spec.privateKey.size in body should be a multiple of 256',
      'spec.duration: Invalid value: "integer": spec.duration in body must be of type string: "integer"',
      'spec.issuerRef: Required value',
      'spec.usages[1]: Duplicate value: "x"',
    ],
  )
})

test('what was invalid before the schema grew strict is tolerated until it changes', async () => {
  const name = `${crds}/certificates.certs.example.com`
  await server.call('POST', certs, certificate('old', { secretName: 'a-very-long-name' }))
  const strict = structuredClone(certificates) as {
    spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, object> } } } } }[] }
  }
  strict.spec.versions[0]!.schema.openAPIV3Schema.properties.spec.properties['secretName'] = { type: 'string', maxLength: 5 }
  assert.equal((await server.call('PATCH', name, { spec: strict.spec }, merge)).code, 200)
  await until(server, `${certs}/old`, () => true)
  const other = await server.call('PATCH', `${certs}/old`, { spec: { duration: '1h' } }, merge)
  assert.equal(other.code, 200)
  assert.equal(other.body.metadata.generation, 2)
  const same = await server.call('PATCH', `${certs}/old`, { spec: { secretName: 'another-long-name' } }, merge)
  assert.match(same.body.message, /spec\.secretName: Too long: may not be more than 5 bytes$/)
})

test('spec and status have their own paths and generations', async () => {
  await server.call('POST', certs, certificate('b'))
  const main = await server.call('PATCH', `${certs}/b`, { spec: { secretName: 't' }, status: { revision: 9 } }, merge)
  assert.deepEqual([main.body.metadata.generation, main.body.status], [2, undefined])
  const status = await server.call('PATCH', `${certs}/b/status`, { spec: { secretName: 'u' }, status: { revision: 9 } }, merge)
  assert.deepEqual([status.body.metadata.generation, status.body.spec.secretName, status.body.status], [2, 't', { revision: 9 }])
  const wrong = await server.call('PATCH', `${certs}/b/status`, { status: { revision: 'x' } }, merge)
  assert.match(wrong.body.message, /status\.revision: Invalid value: "string": revision in body must be of type integer: "string"/)
  const labelled = await server.call('PATCH', `${certs}/b`, { metadata: { labels: { a: 'b' } } }, merge)
  assert.equal(labelled.body.metadata.generation, 2)
})

test('without a status path everything counts', async () => {
  const made = await server.call('POST', flows, {
    metadata: { name: 'w' },
    spec: { deep: { x: [1, { __proto__: null, y: null }] } },
    status: { phase: 'New' },
  })
  assert.deepEqual([made.body.status, made.body.spec.deep.x[0]], [{ phase: 'New' }, 1])
  const changed = await server.call('PATCH', `${flows}/w`, { status: { phase: 'Done' } }, merge)
  assert.deepEqual([changed.body.status.phase, changed.body.metadata.generation], ['Done', 2])
  assert.equal((await server.call('GET', `${flows}/w/status`)).code, 404)
})

test('PUT needs a resourceVersion; strategic merge and protobuf are not spoken', async () => {
  await server.call('POST', certs, certificate('c'))
  const put = await server.call('PUT', `${certs}/c`, certificate('c'))
  assert.equal(put.code, 422)
  assert.match(put.body.message, /metadata\.resourceVersion: Invalid value: 0: must be specified for an update$/)
  const strategic = await server.call('PATCH', `${certs}/c`, {}, { 'content-type': 'application/strategic-merge-patch+json' })
  assert.equal(strategic.code, 415)
  const protobuf = await server.call('POST', certs, Buffer.from('k8s\0'), { 'content-type': 'application/vnd.kubernetes.protobuf' })
  assert.equal(protobuf.code, 415)
})

test('int-or-string, free-form parts, embedded objects, nulls', async () => {
  const spec = {
    targetPort: 'http',
    extra: { a: { b: [1] } },
    template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', labels: { a: 'b' } }, spec: { any: 1 } },
    labels: { __proto__x: 'y' },
    nothing: null,
    scrapeInterval: '30s',
  }
  const made = await server.call('POST', mons, { metadata: { name: 'm' }, spec })
  assert.equal(made.code, 201, made.text)
  assert.deepEqual(made.body.spec, { ...spec, replicas: 1 })
  const bad = await server.call('POST', mons, {
    metadata: { name: 'n' },
    spec: { targetPort: true, template: { kind: '' }, scrapeInterval: 'x', labels: { a: 1 } },
  })
  assert.deepEqual(
    bad.body.details.causes.map(({ field, message }: { field: string; message: string }) => `${field}: ${message}`).slice(0, 5),
    [
      'spec.targetPort: Invalid value: "boolean": spec.targetPort in body must be of type integer,string: "boolean"',
      'spec.template.apiVersion: Required value',
      'spec.template.kind: Invalid value: "": must not be empty',
      'spec.scrapeInterval: Invalid value: "x": spec.scrapeInterval in body should match \'^([0-9]+(ms|s|m|h))+$\'',
      'spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"',
    ],
  )
})

test('scale and selectable fields', async () => {
  const scaled = await server.call('PATCH', `${mons}/m/scale`, { spec: { replicas: 3 } }, merge)
  assert.deepEqual([scaled.body.kind, scaled.body.spec], ['Scale', { replicas: 3 }])
  assert.equal((await server.call('GET', `${mons}/m`)).body.spec.replicas, 3)
  const negative = await server.call('PATCH', `${mons}/m`, { spec: { replicas: -1 } }, merge)
  assert.match(negative.body.message, /\.spec\.replicas: Invalid value: -1: should be a non-negative integer/)
  const found = await server.call('GET', `${mons}?fieldSelector=spec.scrapeInterval%3D30s`)
  assert.deepEqual(
    found.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    ['m'],
  )
  const unknown = await server.call('GET', `${mons}?fieldSelector=spec.other%3D1`)
  assert.equal(unknown.body.message, 'field label not supported: spec.other')
})

test('server-side apply merges lists by the keys of the schema', async () => {
  const route = (parents: object[]) => ({ apiVersion: 'gateway.example.com/v1', kind: 'Route', metadata: { name: 'r' }, spec: { parents } })
  const made = await server.call('PATCH', `${gates}/r?fieldManager=one`, route([{ name: 'a', port: 1 }]), apply)
  assert.equal(made.code, 201, made.text)
  const joined = await server.call('PATCH', `${gates}/r?fieldManager=two`, route([{ name: 'b', port: 2 }]), apply)
  assert.deepEqual(joined.body.spec.parents, [
    { name: 'a', port: 1 },
    { name: 'b', port: 2 },
  ])
  const conflict = await server.call('PATCH', `${gates}/r?fieldManager=two`, route([{ name: 'a', port: 9 }]), apply)
  assert.equal(conflict.code, 409)
  assert.equal(conflict.body.message, 'Apply failed with 1 conflict: conflict with "one": .spec.parents[name="a"].port')
})

test('rules in CEL', async () => {
  const spec = { minReplicas: 3, maxReplicas: 1, hostnames: ['*.x'], class: 'a' }
  const bad = await server.call('POST', gates, { metadata: { name: 'x' }, spec })
  assert.equal(
    bad.body.message,
    'Route.gateway.example.com "x" is invalid: [spec.minReplicas: Forbidden: minReplicas 3 is above maxReplicas 1, spec: Invalid value: no wildcards]',
  )
  assert.equal((await server.call('POST', gates, { metadata: { name: 'x' }, spec: { class: 'a' } })).code, 201)
  const moved = await server.call('PATCH', `${gates}/x`, { spec: { class: 'b' } }, merge)
  assert.match(moved.body.message, /spec\.class: Invalid value: "b": class cannot be changed$/)
})

test('names that are taken are not accepted; they are once they are free', async () => {
  const rival = definition('certs.example.com', { plural: 'permits', kind: 'Permit', shortNames: ['cert'] }, [
    version('v1', { type: 'object' }),
  ])
  await server.call('POST', crds, rival)
  const refused = await until(server, `${crds}/permits.certs.example.com`, (body) => conditionOf(body, 'NamesAccepted') !== undefined)
  const { lastTransitionTime: _at, ...names } = conditionOf(refused, 'NamesAccepted') as object as Record<string, unknown>
  assert.deepEqual(names, { type: 'NamesAccepted', status: 'False', reason: 'ShortNamesConflict', message: '"cert" is already in use' })
  assert.equal(conditionOf(refused, 'Established')?.reason, 'NotAccepted')
  assert.equal((await server.call('GET', '/apis/certs.example.com/v1/permits')).code, 404)
  await server.call('PATCH', `${crds}/permits.certs.example.com`, { spec: { names: { shortNames: ['perm'] } } }, merge)
  await until(server, `${crds}/permits.certs.example.com`, (body) => conditionOf(body, 'Established')?.status === 'True')
  assert.equal((await server.call('GET', '/apis/certs.example.com/v1/permits')).code, 200)
})

test('a watch on custom objects', async () => {
  const watch = await server.watch(`${flows}?watch=true&resourceVersion=${(await server.call('GET', flows)).body.metadata.resourceVersion}`)
  await server.call('POST', flows, { metadata: { name: 'seen' }, spec: {} })
  await server.call('DELETE', `${flows}/seen`)
  assert.equal(summary(await watch.take(2)), 'ADDED seen, DELETED seen')
  watch.stop()
})
