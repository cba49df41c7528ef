// ValidatingAdmissionPolicy through a whole server: what is refused, warned of and noted, with which parameters, and what fails.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { zones } from '../crd/definitions.ts'
import { crds } from '../crd/served.ts'
import { startWhole, type WholeServer } from '../side/whole-server.ts'
import { configMap, type Json, maps, merge } from './hooked.ts'

const root = '/apis/admissionregistration.k8s.io/v1'
const namespaced = { operations: ['CREATE', 'UPDATE', 'DELETE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }

let server: WholeServer
before(async () => {
  server = await startWhole()
  for (const name of ['shop', 'other']) await server.namespace(name, { team: name })
})
beforeEach(async () => {
  for (const kind of ['validatingadmissionpolicies', 'validatingadmissionpolicybindings']) await server.admin('DELETE', `${root}/${kind}`)
})
after(() => server.close())

async function policy(name: string, spec: Json): Promise<void> {
  const made = await server.admin('POST', `${root}/validatingadmissionpolicies`, {
    metadata: { name },
    spec: { matchConstraints: { resourceRules: [namespaced] }, ...spec },
  })
  assert.equal(made.code, 201, made.text)
}

async function binding(name: string, spec: Json = {}): Promise<void> {
  const made = await server.admin('POST', `${root}/validatingadmissionpolicybindings`, {
    metadata: { name: `${name}-bound` },
    spec: { policyName: name, validationActions: ['Deny'], ...spec },
  })
  assert.equal(made.code, 201, made.text)
  await server.server.context.read.refresh()
}

const create = (name: string, labels: Json = {}, path = maps) => server.admin('POST', `${path}?dryRun=All`, configMap(name, labels))

test('a policy without a binding does nothing; with one it refuses', async () => {
  await policy('short', { validations: [{ expression: 'size(object.metadata.name) < 5' }] })
  await server.server.context.read.refresh()
  assert.equal((await create('long-name')).code, 201)
  await binding('short')
  assert.equal((await create('abcd')).code, 201)
  const refused = await create('long-name')
  const message =
    "ValidatingAdmissionPolicy 'short' with binding 'short-bound' denied request: failed expression: size(object.metadata.name) < 5"
  assert.deepEqual(
    [refused.code, refused.body.reason, refused.body.message, refused.body.details],
    [422, 'Invalid', `configmaps "long-name" is forbidden: ${message}`, { name: 'long-name', kind: 'configmaps', causes: [{ message }] }],
  )
})

const validations: { name: string; validation: Json; variables?: Json[]; want: string; code?: number }[] = [
  { name: 'a message', validation: { expression: 'false', message: ' no ' }, want: 'no' },
  {
    name: 'a message expression',
    validation: { expression: 'false', message: 'plain', messageExpression: "'name is ' + object.metadata.name" },
    want: 'name is x',
  },
  {
    name: 'a message expression that fails',
    validation: { expression: 'false', message: 'plain', messageExpression: 'object.nothing' },
    want: 'plain',
  },
  { name: 'a reason', validation: { expression: 'false', message: 'm', reason: 'Forbidden' }, want: 'm', code: 403 },
  { name: 'another reason', validation: { expression: 'false', message: 'm', reason: 'RequestEntityTooLarge' }, want: 'm', code: 413 },
  {
    name: 'variables that read variables',
    variables: [
      { name: 'a', expression: "object.data['a']" },
      { name: 'twice', expression: 'variables.a + variables.a' },
    ],
    validation: { expression: "variables.twice != '11'", messageExpression: 'variables.twice' },
    want: '11',
  },
  {
    name: 'an error',
    validation: { expression: 'object.nothing.here' },
    want: "expression 'object.nothing.here' resulted in error: no such key: nothing",
  },
  { name: 'the namespace', validation: { expression: "namespaceObject.metadata.labels.team != 'shop'", message: 'team' }, want: 'team' },
  {
    name: 'the request',
    validation: { expression: "request.operation != 'CREATE' || request.userInfo.username != 'admin'", message: 'who' },
    want: 'who',
  },
  {
    name: 'the authorizer',
    validation: { expression: "!authorizer.requestResource.check('create').allowed() || has(oldObject.metadata)", message: 'may' },
    want: "expression '!authorizer.requestResource.check('create').allowed() || has(oldObject.metadata)' resulted in error: no such overload",
  },
]

test('what a failed validation says', async () => {
  for (const [index, { name, validation, variables = [], want, code = 422 }] of validations.entries()) {
    await policy(`p${index}`, { validations: [validation], variables })
    await binding(`p${index}`)
    const refused = await create('x')
    assert.equal(refused.code, code, name)
    assert.equal(refused.body.message.split('denied request: ')[1], want, name)
    await server.admin('DELETE', `${root}/validatingadmissionpolicies/p${index}`)
    await server.server.context.read.refresh()
  }
})

test('Warn warns; failurePolicy Ignore forgives errors, not refusals', async () => {
  await policy('warns', { validations: [{ expression: 'false', message: 'hm' }] })
  await binding('warns', { validationActions: ['Warn', 'Audit'] })
  const warned = await create('w')
  assert.deepEqual(
    [warned.code, warned.headers['warning']],
    [201, ["299 - \"Validation failed for ValidatingAdmissionPolicy 'warns' with binding 'warns-bound': hm\""]],
  )
  await policy('lax', {
    failurePolicy: 'Ignore',
    validations: [{ expression: 'object.nothing.here' }, { expression: "object.metadata.name != 'b'" }],
  })
  await binding('lax')
  assert.equal((await create('a')).code, 201)
  assert.equal((await create('b')).code, 422)
})

test('match conditions, exclusions, names and selectors of bindings', async () => {
  const resourceRules = [namespaced]
  await policy('chosen', {
    matchConstraints: {
      resourceRules,
      excludeResourceRules: [{ ...namespaced, resourceNames: ['free'] }],
      objectSelector: { matchLabels: { checked: 'yes' } },
    },
    matchConditions: [{ name: 'not-kept', expression: "object.metadata.name != 'kept'" }],
    validations: [{ expression: 'false', message: 'met' }],
  })
  await binding('chosen', { matchResources: { namespaceSelector: { matchLabels: { team: 'shop' } } } })
  const checked = { checked: 'yes' }
  const codes = [
    await create('a', checked),
    await create('free', checked),
    await create('kept', checked),
    await create('a'),
    await create('a', checked, '/api/v1/namespaces/other/configmaps'),
  ].map(({ code }) => code)
  assert.deepEqual(codes, [422, 201, 201, 201, 201])
})

test('parameters: by name, by selector, missing ones', async () => {
  const other = '/api/v1/namespaces/other/configmaps'
  for (const [name, most] of Object.entries({ small: '4', large: '8' })) {
    await server.admin('POST', other, { metadata: { name, labels: { limits: 'yes' } }, data: { most } })
  }
  await policy('limit', {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    matchConstraints: { resourceRules: [namespaced], namespaceSelector: { matchLabels: { team: 'shop' } } },
    validations: [
      { expression: 'size(object.metadata.name) <= int(params.data.most)', messageExpression: "'at most ' + params.data.most" },
    ],
  })
  await binding('limit', { paramRef: { name: 'large', namespace: 'other', parameterNotFoundAction: 'Deny' } })
  assert.equal((await create('12345678')).code, 201)
  assert.match((await create('123456789')).body.message, /denied request: at most 8$/)
  await server.admin('DELETE', `${root}/validatingadmissionpolicybindings`)
  await binding('limit', {
    paramRef: { selector: { matchLabels: { limits: 'yes' } }, namespace: 'other', parameterNotFoundAction: 'Deny' },
  })
  assert.match((await create('12345')).body.message, /denied request: at most 4$/)
  await server.admin('DELETE', `${root}/validatingadmissionpolicybindings`)
  await binding('limit', { paramRef: { name: 'gone', namespace: 'other', parameterNotFoundAction: 'Deny' } })
  assert.match(
    (await create('1')).body.message,
    /denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction$/,
  )
  await server.admin('DELETE', `${root}/validatingadmissionpolicybindings`)
  await binding('limit', { paramRef: { name: 'gone', namespace: 'other', parameterNotFoundAction: 'Allow' } })
  assert.equal((await create('123456789')).code, 201)
})

test('updates and deletes; custom resources in the version of the rule', async () => {
  await policy('frozen', {
    validations: [
      { expression: "request.operation != 'UPDATE' || object.data == oldObject.data", message: 'data is frozen' },
      { expression: "request.operation != 'DELETE' || oldObject.metadata.name != 'stays'", message: 'stays' },
    ],
  })
  await binding('frozen')
  for (const name of ['goes', 'stays']) await server.admin('POST', maps, configMap(name))
  assert.match((await server.admin('PATCH', `${maps}/goes`, { data: { b: '2' } }, merge)).body.message, /data is frozen$/)
  assert.equal((await server.admin('PATCH', `${maps}/goes`, { metadata: { labels: { a: 'b' } } }, merge)).code, 200)
  assert.match((await server.admin('DELETE', `${maps}/stays`)).body.message, /denied request: stays$/)
  assert.equal((await server.admin('DELETE', `${maps}/goes`)).code, 200)
  await server.admin('POST', crds, zones)
  while ((await server.admin('GET', '/apis/dns.example.com/v1/zones')).code !== 200) await new Promise((resolve) => setImmediate(resolve))
  const rule = { operations: ['CREATE'], apiGroups: ['dns.example.com'], apiVersions: ['v1beta1'], resources: ['zones'] }
  await policy('zoned', {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: "object.spec.ttl >= 10 && object.apiVersion == 'dns.example.com/v1beta1'", message: 'ttl' }],
  })
  await binding('zoned')
  const zone = (ttl: number) =>
    server.admin('POST', '/apis/dns.example.com/v1/zones?dryRun=All', { metadata: { name: 'z' }, spec: { ttl } })
  assert.deepEqual([(await zone(10)).code, (await zone(9)).body.message.split(': ').at(-1)], [201, 'ttl'])
})

test('expressions that cost too much stop', async () => {
  const range = `[${Array.from({ length: 50 }, (_, i) => i).join(',')}]`
  const nested = `${range}.all(a, ${range}.all(b, ${range}.all(c, ${range}.all(d, a + b + c + d >= 0))))`
  await policy('costly', { validations: [{ expression: nested }] })
  await binding('costly')
  assert.match((await create('x')).body.message, /out of cost budget/)
})
