// MutatingAdmissionPolicy through a whole server: parts merged in, JSON patches, order, second rounds and faults.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { pod, startWhole, type WholeServer } from '../side/whole-server.ts'
import { configMap, type Json, maps, pods } from './hooked.ts'

const root = '/apis/admissionregistration.k8s.io/v1'

let server: WholeServer
before(async () => {
  server = await startWhole()
  await server.namespace('shop', { team: 'shop' })
})
beforeEach(async () => {
  for (const kind of ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']) await server.admin('DELETE', `${root}/${kind}`)
})
after(() => server.close())

const merge = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } })
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } })

/** A bound policy on creates of a resource. */
async function mutating(name: string, resource: string, mutations: Json[], more: Json = {}): Promise<void> {
  const resourceRules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: [resource] }]
  const made = await server.admin('POST', `${root}/mutatingadmissionpolicies`, {
    metadata: { name },
    spec: { matchConstraints: { resourceRules }, reinvocationPolicy: 'Never', mutations, ...more },
  })
  assert.equal(made.code, 201, made.text)
  const bound = await server.admin('POST', `${root}/mutatingadmissionpolicybindings`, {
    metadata: { name: `${name}-bound` },
    spec: { policyName: name },
  })
  assert.equal(bound.code, 201, bound.text)
  await server.server.context.read.refresh()
}

const create = (object: Json, path = maps) => server.admin('POST', `${path}?dryRun=All`, object)

test('a part is merged in by the keys of its lists', async () => {
  await mutating('sidecar', 'pods', [
    merge(`Object{
      metadata: Object.metadata{labels: {"injected": string(size(object.spec.containers))}},
      spec: Object.spec{
        initContainers: [Object.spec.initContainers{name: "mesh", image: "proxy:1", restartPolicy: "Always"}],
        containers: [Object.spec.containers{name: "c", imagePullPolicy: "Never"}]
      }
    }`),
  ])
  const { body, text } = await create(pod('p'), pods)
  assert.deepEqual(body.metadata.labels, { injected: '1' }, text)
  const [container] = body.spec.containers
  assert.deepEqual([body.spec.containers.length, container.image, container.imagePullPolicy], [1, 'nginx', 'Never'])
  assert.deepEqual([body.spec.initContainers[0].name, body.spec.initContainers[0].restartPolicy], ['mesh', 'Always'])
})

test('JSON patches: with conditions of their own, escaped keys, and a test that fails', async () => {
  await mutating(
    'patches',
    'configmaps',
    [
      patch(`[
      JSONPatch{op: "test", path: "/metadata/labels/env", value: "prod"},
      JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("example.com/tier"), value: "gold"}
    ]`),
      patch(`has(object.data) && !has(object.data.b) ? [JSONPatch{op: "add", path: "/data/b", value: string(variables.n)}] : []`),
    ],
    { variables: [{ name: 'n', expression: 'size(object.data)' }] },
  )
  const labelled = await create(configMap('a', { env: 'prod' }))
  assert.deepEqual(
    [labelled.body.metadata.labels, labelled.body.data],
    [
      { env: 'prod', 'example.com/tier': 'gold' },
      { a: '1', b: '1' },
    ],
    labelled.text,
  )
  const other = await create(configMap('a', { env: 'test' }))
  assert.deepEqual([other.body.metadata.labels, other.body.data], [{ env: 'test' }, { a: '1', b: '1' }])
})

test('policies go by name; those that want it are evaluated again after a change', async () => {
  const add = (key: string) => [
    patch(`has(object.data.${key}) ? [] : [JSONPatch{op: "add", path: "/data/${key}", value: string(size(object.data))}]`),
  ]
  await mutating('b', 'configmaps', add('b'))
  await mutating('a', 'configmaps', [patch(`[JSONPatch{op: "add", path: "/data/a", value: string(size(object.data))}]`)], {
    reinvocationPolicy: 'IfNeeded',
  })
  assert.deepEqual((await create(configMap('m'))).body.data, { a: '2', b: '1' })
})

const faults: { name: string; mutation: Json; want: RegExp }[] = [
  {
    name: 'an error',
    mutation: merge('Object{metadata: Object.metadata{labels: object.nothing}}'),
    want: /denied request: expression '.*' resulted in error: no such key: nothing$/,
  },
  {
    name: 'an atomic list',
    mutation: merge('Object{spec: Object.spec{containers: [Object.spec.containers{name: "c", args: ["x"]}]}}'),
    want: /denied request: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: \.spec\.containers\.args$/,
  },
  {
    name: 'a part of another place',
    mutation: merge('Object{spec: Object.metadata{name: "x"}}'),
    want: /denied request: type mismatch: unexpected type name "Object\.metadata"/,
  },
  {
    name: 'a field that does not exist',
    mutation: merge('Object{spec: Object.spec{nonsense: 1}}'),
    want: /nonsense: field not declared in schema/,
  },
  {
    name: 'a patch that does not apply',
    mutation: patch('[JSONPatch{op: "replace", path: "/nothing/here", value: 1}]'),
    want: /denied request: JSONPath: missing path$/,
  },
]

test('faults refuse the request, unless failurePolicy is Ignore', async () => {
  for (const [index, { name, mutation, want }] of faults.entries()) {
    await mutating(`f${index}`, 'pods', [mutation])
    const refused = await create(pod('p'), pods)
    assert.deepEqual([refused.code, refused.body.reason], [403, 'Invalid'], `${name}: ${refused.text}`)
    assert.match(refused.body.message, want, name)
    await server.admin('DELETE', `${root}/mutatingadmissionpolicies/f${index}`)
    await mutating(`f${index}`, 'pods', [mutation], { failurePolicy: 'Ignore' }).catch(() => {})
    await server.server.context.read.refresh()
    assert.equal((await create(pod('p'), pods)).code, 201, name)
    await server.admin('DELETE', `${root}/mutatingadmissionpolicies`)
    await server.admin('DELETE', `${root}/mutatingadmissionpolicybindings`)
  }
})

test('expressions are compiled when a policy is written', async () => {
  const spec = {
    matchConstraints: { resourceRules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }] },
    reinvocationPolicy: 'Never',
  }
  const made = await server.admin('POST', `${root}/mutatingadmissionpolicies`, {
    metadata: { name: 'x' },
    spec: { ...spec, mutations: [merge('Wrong{}')] },
  })
  assert.equal(made.code, 422)
  assert.match(
    made.body.message,
    /spec\.mutations\[0\]\.applyConfiguration\.expression: Invalid value: "Wrong\{\}": compilation failed: ERROR: <input>:1:6: undeclared reference to 'Wrong'/,
  )
  const validating = await server.admin('POST', `${root}/validatingadmissionpolicies`, {
    metadata: { name: 'x' },
    spec: {
      matchConstraints: spec.matchConstraints,
      validations: [{ expression: 'params.x' }, { expression: "'text'" }, { expression: 'true', messageExpression: 'authorizer' }],
    },
  })
  assert.equal(validating.code, 422)
  for (const text of [
    'spec.validations[0].expression: Invalid value: "params.x": compilation failed: ERROR: <input>:1:1: undeclared reference to \'params\'',
    'spec.validations[1].expression: Invalid value: "\'text\'": must evaluate to bool',
    'spec.validations[2].messageExpression: Invalid value: "authorizer": compilation failed',
  ])
    assert.ok(validating.body.message.includes(text), `${text}: ${validating.body.message}`)
})
