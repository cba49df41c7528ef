import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { deepFreeze } from '../../../src/apimachinery/json.ts'
import { applyStrategicPatch } from '../../../src/apimachinery/patch/strategic.ts'
import { createStrategicPatch } from '../../../src/apimachinery/patch/strategic-diff.ts'
import { schemaOf } from '../../../src/apimachinery/schema/from-openapi.ts'

type Json = Record<string, unknown>
const podSpec = schemaOf('io.k8s.api.core.v1.PodSpec')
const container = schemaOf('io.k8s.api.core.v1.Container')
const deploymentSpec = schemaOf('io.k8s.api.apps.v1.DeploymentSpec')
const meta = schemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
const service = schemaOf('io.k8s.api.core.v1.ServiceSpec')

const env = (...names: string[]) => names.map((name) => ({ name, value: name.toLowerCase() }))

const cases = [
  {
    name: 'scalars replace, null deletes',
    schema: podSpec,
    given: { nodeName: 'a', hostNetwork: true },
    patch: { nodeName: 'b', hostNetwork: null, hostPID: true },
    want: { nodeName: 'b', hostPID: true },
  },
  {
    name: 'maps merge',
    schema: meta,
    given: { labels: { a: '1', b: '2' } },
    patch: { labels: { a: null, c: '3' } },
    want: { labels: { b: '2', c: '3' } },
  },
  { name: 'nulls in added maps vanish', schema: meta, given: {}, patch: { labels: { a: null, c: '3' } }, want: { labels: { c: '3' } } },
  {
    name: 'items merge by key',
    schema: podSpec,
    given: {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'y' },
      ],
    },
    patch: { containers: [{ name: 'b', image: 'z' }] },
    want: {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'z' },
      ],
    },
  },
  {
    name: 'a new item stands in front',
    schema: container,
    given: { env: env('A', 'B') },
    patch: { env: env('C') },
    want: { env: env('C', 'A', 'B') },
  },
  {
    name: 'patched items take the order of the patch',
    schema: container,
    given: { env: env('A', 'B', 'C') },
    patch: { env: [{ name: 'C' }, { name: 'A' }] },
    want: { env: env('B', 'C', 'A') },
  },
  {
    name: '$setElementOrder orders, unknown server items keep their place',
    schema: container,
    given: { env: env('A', 'S', 'B') },
    patch: { '$setElementOrder/env': [{ name: 'A' }, { name: 'B' }, { name: 'N' }], env: env('N') },
    want: { env: env('A', 'S', 'B', 'N') },
  },
  {
    name: '$setElementOrder alone reorders',
    schema: container,
    given: { env: env('A', 'B') },
    patch: { '$setElementOrder/env': [{ name: 'B' }, { name: 'A' }] },
    want: { env: env('B', 'A') },
  },
  {
    name: '$setElementOrder on an absent list adds it',
    schema: container,
    given: {},
    patch: { '$setElementOrder/env': [{ name: 'A' }], env: [...env('A'), { $patch: 'delete', name: 'Q' }] },
    want: { env: env('A') },
  },
  {
    name: '$setElementOrder of scalars',
    schema: meta,
    given: { finalizers: ['a', 's', 'b'] },
    patch: { '$setElementOrder/finalizers': ['b', 'c', 'a'], finalizers: ['c'] },
    want: { finalizers: ['s', 'b', 'c', 'a'] },
  },
  {
    name: '$patch: delete in a list',
    schema: container,
    given: { env: env('A', 'B') },
    patch: { env: [{ $patch: 'delete', name: 'A' }] },
    want: { env: env('B') },
  },
  {
    name: '$patch: delete with $setElementOrder',
    schema: container,
    given: { env: env('A', 'B') },
    patch: { '$setElementOrder/env': [{ name: 'B' }], env: [{ $patch: 'delete', name: 'A' }] },
    want: { env: env('B') },
  },
  {
    name: '$patch: replace in a list',
    schema: container,
    given: { env: env('A', 'B') },
    patch: { env: [...env('C'), { $patch: 'replace' }] },
    want: { env: env('C') },
  },
  {
    name: '$patch: replace in a map',
    schema: podSpec,
    given: { securityContext: { runAsUser: 1, fsGroup: 2 } },
    patch: { securityContext: { $patch: 'replace', fsGroup: 3 } },
    want: { securityContext: { fsGroup: 3 } },
  },
  {
    name: '$patch: delete of a map',
    schema: podSpec,
    given: { securityContext: { runAsUser: 1 } },
    patch: { securityContext: { $patch: 'delete' } },
    want: { securityContext: {} },
  },
  {
    name: '$patch: delete inside a list item',
    schema: podSpec,
    given: { containers: [{ name: 'a', resources: { limits: { cpu: '1' } } }] },
    patch: { containers: [{ name: 'a', resources: { $patch: 'delete' } }] },
    want: { containers: [{ name: 'a', resources: {} }] },
  },
  {
    name: 'an added map with $patch: delete is not kept',
    schema: podSpec,
    given: {},
    patch: { securityContext: { $patch: 'delete' } },
    want: {},
  },
  {
    name: '$retainKeys drops the other fields',
    schema: deploymentSpec,
    given: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
    patch: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    want: { strategy: { type: 'Recreate' } },
  },
  {
    name: '$retainKeys in list items',
    schema: podSpec,
    given: { volumes: [{ name: 'v', emptyDir: {} }] },
    patch: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/' } }] },
    want: { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
  },
  {
    name: 'scalars of a merge list are a union',
    schema: meta,
    given: { finalizers: ['a', 'b'] },
    patch: { finalizers: ['c', 'a'] },
    want: { finalizers: ['c', 'a', 'b'] },
  },
  {
    name: '$deleteFromPrimitiveList',
    schema: meta,
    given: { finalizers: ['a', 'b', 'c'] },
    patch: { '$deleteFromPrimitiveList/finalizers': ['b', 'x'] },
    want: { finalizers: ['a', 'c'] },
  },
  {
    name: '$deleteFromPrimitiveList on nothing',
    schema: meta,
    given: {},
    patch: { '$deleteFromPrimitiveList/finalizers': ['b'] },
    want: {},
  },
  {
    name: 'atomic lists replace',
    schema: podSpec,
    given: { tolerations: [{ key: 'a' }, { key: 'b' }] },
    patch: { tolerations: [{ key: 'c' }] },
    want: { tolerations: [{ key: 'c' }] },
  },
  {
    name: 'service ports merge by port',
    schema: service,
    given: { ports: [{ port: 80, nodePort: 30000 }, { port: 443 }] },
    patch: { ports: [{ port: 80, name: 'http' }] },
    want: { ports: [{ port: 80, nodePort: 30000, name: 'http' }, { port: 443 }] },
  },
  {
    name: 'mount paths',
    schema: container,
    given: { volumeMounts: [{ name: 'v', mountPath: '/a' }] },
    patch: { volumeMounts: [{ name: 'v', mountPath: '/b' }] },
    want: {
      volumeMounts: [
        { name: 'v', mountPath: '/b' },
        { name: 'v', mountPath: '/a' },
      ],
    },
  },
]

for (const { name, schema, given, patch, want } of cases) {
  test(`strategic: ${name}`, () => {
    assert.deepEqual(applyStrategicPatch(deepFreeze(given as Json), deepFreeze(patch as Json), schema), want)
  })
}

const refused = [
  {
    name: 'missing merge key',
    schema: container,
    given: { env: env('A') },
    patch: { env: [{ value: 'x' }] },
    want: { code: 500, message: 'map: map[value:x] does not contain declared merge key: name' },
  },
  {
    name: 'delete without key',
    schema: container,
    given: { env: env('A') },
    patch: { env: [{ $patch: 'delete' }] },
    want: { code: 500, message: 'map: map[$patch:delete] does not contain declared merge key: name' },
  },
  {
    name: 'merge directive in a list',
    schema: container,
    given: { env: env('A') },
    patch: { env: [{ $patch: 'merge', name: 'A' }] },
    want: { code: 500, message: 'merging lists cannot yet be specified in the patch' },
  },
  {
    name: 'unknown directive in a list',
    schema: container,
    given: { env: env('A') },
    patch: { env: [{ $patch: 'zap', name: 'A' }] },
    want: { code: 500, message: 'unknown patch type: zap in map: map[$patch:zap name:A]' },
  },
  {
    name: 'unknown directive in a map',
    schema: meta,
    given: { labels: {} },
    patch: { labels: { $patch: 'merge' } },
    want: { code: 500, message: 'unknown patch type: merge in map: map[$patch:merge]' },
  },
  {
    name: 'retainKeys that leaves out a patched field',
    schema: deploymentSpec,
    given: { strategy: {} },
    patch: { strategy: { $retainKeys: ['type'], rollingUpdate: {} } },
    want: { code: 400, message: 'invalid patch format of retainKeys' },
  },
  {
    name: 'order list without a field',
    schema: container,
    given: {},
    patch: { $setElementOrder: [] },
    want: { code: 400, message: 'invalid patch format of setElementOrder list' },
  },
  {
    name: 'delete list without a field',
    schema: meta,
    given: {},
    patch: { $deleteFromPrimitiveList: ['a'] },
    want: { code: 400, message: 'invalid patch format of primitive list' },
  },
  {
    name: 'mixed elements',
    schema: meta,
    given: { finalizers: ['a'] },
    patch: { finalizers: [1] },
    want: { code: 500, message: 'list element types are not identical: [[a] [1]]' },
  },
  {
    name: 'lists of lists',
    schema: meta,
    given: { finalizers: [] },
    patch: { finalizers: [['a']] },
    want: { code: 422, reason: 'Invalid' },
  },
  {
    name: 'patch order against element order',
    schema: meta,
    given: { finalizers: [] },
    patch: { '$setElementOrder/finalizers': ['a', 'b'], finalizers: ['b', 'a'] },
    want: { code: 500, message: "The order in patch list:\n[b a]\n doesn't match $setElementOrder list:\n[a b]\n" },
  },
]

for (const { name, schema, given, patch, want } of refused) {
  test(`strategic refuses: ${name}`, () => {
    assert.throws(() => applyStrategicPatch(given as Json, patch as Json, schema), want)
  })
}

test('strategic: labels may be called __proto__', () => {
  const merged = applyStrategicPatch({ labels: { a: '1' } }, JSON.parse('{"labels":{"__proto__":"x"}}'), meta) as { labels: Json }
  assert.deepEqual(Object.keys(merged.labels), ['a', '__proto__'])
})

test('strategic: long lists merge in linear time', () => {
  const long = Array.from({ length: 50_000 }, (_, at) => ({ name: `E${at}`, value: 'x' }))
  const merged = applyStrategicPatch({ env: long }, { env: long.toReversed() }, container) as { env: Json[] }
  assert.equal(merged.env[0]?.name, 'E49999')
})

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 4 })
const word = fc.constantFrom('x', 'y')
const anyContainer = fc.record(
  {
    image: word,
    env: names.chain((list) => fc.tuple(...list.map((name) => fc.record({ name: fc.constant(name), value: word })))),
    args: fc.array(word, { maxLength: 2 }),
  },
  { requiredKeys: [] },
)
const anySpec = fc.record({
  containers: names.chain((list) => fc.tuple(...list.map((name) => anyContainer.map((rest) => ({ name, ...rest }))))),
  nodeSelector: fc.dictionary(word, word),
})

test('strategic: the created patch leads from one object to the other', () => {
  fc.assert(
    fc.property(anySpec, anySpec, (from, to) => {
      const patch = createStrategicPatch(from as Json, to as Json, podSpec)
      const got = applyStrategicPatch(from as Json, patch, podSpec)
      assert.deepEqual(plain(got), plain(to))
    }),
    { numRuns: 300 },
  )
})

test('strategic: the created patch carries order, deletions and retained keys', () => {
  const from = {
    strategy: { type: 'RollingUpdate', rollingUpdate: {} },
    template: { metadata: { finalizers: ['a', 'b'] }, spec: { containers: [{ name: 'x', image: '1' }, { name: 'y' }] } },
  }
  const to = {
    strategy: { type: 'Recreate' },
    template: { metadata: { finalizers: ['b', 'c'] }, spec: { containers: [{ name: 'x', image: '2' }] } },
  }
  assert.deepEqual(createStrategicPatch(from, to, deploymentSpec), {
    strategy: { type: 'Recreate', rollingUpdate: null, $retainKeys: ['type'] },
    template: {
      metadata: { finalizers: ['c'], '$deleteFromPrimitiveList/finalizers': ['a'], '$setElementOrder/finalizers': ['b', 'c'] },
      spec: {
        containers: [
          { image: '2', name: 'x' },
          { $patch: 'delete', name: 'y' },
        ],
        '$setElementOrder/containers': [{ name: 'x' }],
      },
    },
  })
})

const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
