// Whatever a client sends, the answer is a refusal in Kubernetes' words or a success: never an internal error, never silence.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtinKinds } from '../../../src/api/index.ts'
import { start } from './harness.ts'

const paths = builtinKinds.map((kind) => {
  const prefix = kind.group === '' ? '/api/v1' : `/apis/${kind.group}/${kind.version}`
  return kind.scope === 'Namespaced' ? `${prefix}/namespaces/default/${kind.resource}` : `${prefix}/${kind.resource}`
})
const word = fc.oneof(
  fc.constantFrom('a', 'b', 'x', '0', '-1', 'true', '1.5', '', '__proto__', '\u0000', 'ü', '9007199254740993'),
  fc.string({ maxLength: 6 }),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, word, fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('map')),
  list: fc.array(tie('any'), { maxLength: 3 }),
  map: fc.dictionary(
    fc.oneof(
      fc.constantFrom(
        'metadata',
        'spec',
        'status',
        'data',
        'name',
        'namespace',
        'labels',
        'annotations',
        'finalizers',
        'ownerReferences',
        'managedFields',
        'template',
        'containers',
        'rules',
        'ports',
        'selector',
        'matchLabels',
        'replicas',
        'resources',
        'limits',
        'kind',
        'apiVersion',
        'uid',
        'resourceVersion',
        '$patch',
        'op',
        'path',
        'value',
      ),
      word,
    ),
    tie('any'),
    { maxKeys: 5 },
  ),
})).map
const object = fc.record(
  { metadata: fc.record({ name: fc.constantFrom('a', 'b') }), spec: fc.oneof(value, fc.constant({})), status: value, data: value },
  { requiredKeys: ['metadata'] },
)
const body = fc.oneof(
  object.map((o) => JSON.stringify(o)),
  value.map((v) => JSON.stringify(v)),
  fc.array(value).map((v) => JSON.stringify(v)),
  fc.string(),
)
const type = fc.constantFrom(
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
)
const parameter = fc.tuple(
  fc.constantFrom(
    'resourceVersion',
    'resourceVersionMatch',
    'limit',
    'continue',
    'labelSelector',
    'fieldSelector',
    'dryRun',
    'fieldManager',
    'fieldValidation',
    'force',
    'propagationPolicy',
    'gracePeriodSeconds',
    'includeObject',
    'pretty',
  ),
  fc.oneof(word, fc.constantFrom('All', 'Strict', 'Exact', 'NotOlderThan', '1', '2', 'a=b', 'metadata.name=a', 'Orphan', 'm')),
)
const accept = fc.constantFrom(
  'application/json',
  'application/yaml',
  '*/*',
  'application/json;as=Table;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  ';;;,',
  'text/html',
)

test('no request makes an internal error', async () => {
  const k = await start()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
      fc.constantFrom(...paths),
      fc.constantFrom('', '/a', '/b', '/a/status', '/a/nope'),
      fc.array(parameter, { maxLength: 3 }),
      body,
      type,
      accept,
      async (method, path, rest, parameters, payload, contentType, accepted) => {
        const query = new URLSearchParams(parameters.filter(([name, text]) => name !== 'resourceVersion' || !/^\d{2,}$/.test(text)))
        const asked = k.call(method, `${path}${rest}?${query}`, method === 'GET' ? undefined : payload, {
          'content-type': contentType,
          accept: accepted,
        })
        const late = setTimeout(() => void k.clock.advance(5_000), 300)
        const { code, text } = await asked
        clearTimeout(late)
        assert.ok(code < 500 || !text.includes('Internal error'), `${code} ${text.slice(0, 500)}`)
      },
    ),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
  )
  assert.equal((await k.call('GET', '/api/v1/namespaces/default/configmaps')).code, 200)
  await k.close()
})
