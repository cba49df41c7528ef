// Admission webhooks through a whole server: what they are told, and what their answers do.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zones } from '../crd/definitions.ts'
import { crds } from '../crd/served.ts'
import { pod } from '../side/whole-server.ts'
import { configMap, hooked, type Json, maps, merge, patchOf, pods, rule } from './hooked.ts'

const root = '/apis/admissionregistration.k8s.io/v1'
const h = hooked()

test('a refusal in the words of the webhook; its warnings', async () => {
  await h.configure('validating', 'v', { path: 'no', rules: [rule(['configmaps'])] })
  h.verdicts['/no'] = () => ({
    allowed: false,
    status: { code: 403, reason: 'Forbidden', message: 'not on a Friday' },
    warnings: ['mind the gap'],
  })
  const refused = await h.server.admin('POST', maps, configMap('a'))
  assert.deepEqual(
    [refused.code, refused.body.reason, refused.body.message, refused.headers['warning']],
    [403, 'Forbidden', 'admission webhook "no.example.com" denied the request: not on a Friday', ['299 - "mind the gap"']],
  )
  h.verdicts['/no'] = () => ({ allowed: false })
  const silent = await h.server.admin('POST', maps, configMap('a'))
  assert.deepEqual([silent.code, silent.body.message], [400, 'admission webhook "no.example.com" denied the request without explanation'])
  h.verdicts['/no'] = () => ({ allowed: false, status: { code: 200, status: 'Success', reason: 'Odd' } })
  assert.equal(
    (await h.server.admin('POST', maps, configMap('a'))).body.message,
    'admission webhook "no.example.com" denied the request: Odd',
  )
})

test('what a webhook is told of a create, an update, a status write and a delete', async () => {
  await h.configure('validating', 'v', { path: 'see', rules: [rule(['pods', 'pods/status'])], timeoutSeconds: 7 })
  await h.server.admin('POST', `${pods}?fieldManager=me`, pod('p'))
  await h.server.admin('PATCH', `${pods}/p?dryRun=All`, { metadata: { labels: { x: 'y' } } }, merge)
  await h.server.admin('PATCH', `${pods}/p/status`, { status: { phase: 'Running' } }, merge)
  await h.server.admin('DELETE', `${pods}/p`, { gracePeriodSeconds: 0 })
  const [created, updated, status, deleted] = h.requests()
  assert.equal(h.hook.calls[0]!.url, '/see?timeout=7s')
  const { uid, object, ...facts } = created
  assert.match(uid, /^[0-9a-f-]{36}$/)
  assert.deepEqual(facts, {
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    requestKind: { group: '', version: 'v1', kind: 'Pod' },
    requestResource: { group: '', version: 'v1', resource: 'pods' },
    name: 'p',
    namespace: 'shop',
    operation: 'CREATE',
    userInfo: { username: 'admin', uid: '1', groups: ['system:masters', 'system:authenticated'] },
    oldObject: null,
    dryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me' },
  })
  assert.deepEqual([object.kind, object.spec.serviceAccountName, object.status.phase], ['Pod', 'default', 'Pending'])
  assert.deepEqual(
    [updated.operation, updated.dryRun, updated.object.metadata.labels, updated.oldObject.metadata.labels, updated.options],
    ['UPDATE', true, { x: 'y' }, undefined, { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'] }],
  )
  assert.deepEqual([status.subResource, status.requestSubResource, status.object.status.phase], ['status', 'status', 'Running'])
  assert.deepEqual(
    [deleted.operation, deleted.object, deleted.oldObject.metadata.name, deleted.options],
    ['DELETE', null, 'p', { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', gracePeriodSeconds: 0 }],
  )
})

test('mutations: each sees what the ones before made, defaults follow, configurations go by name', async () => {
  const label = (key: string) => () => patchOf({ op: 'add', path: `/metadata/labels/${key}`, value: 'yes' })
  await h.configure('mutating', 'b', { path: 'second', rules: [rule(['configmaps'], ['CREATE'])] })
  await h.configure('mutating', 'a', { path: 'first', rules: [rule(['configmaps'], ['CREATE'])] })
  h.verdicts = { '/first': label('one'), '/second': label('two') }
  const made = await h.server.admin('POST', maps, configMap('m', { zero: 'yes' }))
  assert.deepEqual(made.body.metadata.labels, { zero: 'yes', one: 'yes', two: 'yes' })
  assert.deepEqual(h.paths(), ['/first', '/second'])
  assert.deepEqual(h.requests()[1].object.metadata.labels, { zero: 'yes', one: 'yes' })
  await h.configure('mutating', 'c', { path: 'side', rules: [rule(['pods'], ['CREATE'])] })
  h.verdicts['/side'] = () => patchOf({ op: 'add', path: '/spec/containers/-', value: { name: 'sidecar', image: 'proxy', nonsense: 1 } })
  const { body } = await h.server.admin('POST', pods, pod('sided'))
  // Plugins that ran before the webhook have seen the second container too.
  const { volumeMounts, ...sidecar } = body.spec.containers[1]
  assert.deepEqual(volumeMounts, body.spec.containers[0].volumeMounts)
  assert.deepEqual(sidecar, {
    name: 'sidecar',
    image: 'proxy',
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'Always',
  })
})

test('reinvocation: who wants it is asked again when a later webhook has changed the object', async () => {
  const rules = [rule(['configmaps'], ['CREATE'])]
  await h.configure(
    'mutating',
    'm',
    { path: 'again', rules, reinvocationPolicy: 'IfNeeded' },
    { path: 'once', rules },
    { path: 'changes', rules },
    { path: 'last', rules, reinvocationPolicy: 'IfNeeded' },
  )
  h.verdicts['/changes'] = () => patchOf({ op: 'add', path: '/data/b', value: '2' })
  assert.equal((await h.server.admin('POST', maps, configMap('r'))).code, 201)
  assert.deepEqual(h.paths(), ['/again', '/once', '/changes', '/last', '/again'])
  assert.deepEqual(h.requests().at(-1).object.data, { a: '1', b: '2' })
})

test('failurePolicy decides when a webhook cannot be called or says nothing of use', async () => {
  const rules = [rule(['configmaps'])]
  const dead = { url: 'https://127.0.0.1:1/dead' }
  await h.configure('validating', 'v', { path: 'ignored', rules, clientConfig: dead, failurePolicy: 'Ignore' })
  assert.equal((await h.server.admin('POST', maps, configMap('f1'))).code, 201)
  await h.configure('validating', 'w', { path: 'dead', rules, clientConfig: dead })
  const failed = await h.server.admin('POST', maps, configMap('f2'))
  const message =
    'failed calling webhook "dead.example.com": failed to call webhook: Post "https://127.0.0.1:1/dead?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused'
  assert.deepEqual(
    [failed.code, failed.body.reason, failed.body.message, failed.body.details.causes],
    [500, 'InternalError', `Internal error occurred: ${message}`, [{ message }]],
  )
  await h.unconfigure('validating')
  await h.configure('mutating', 'm', { path: 'odd', rules })
  const odd: [Json, RegExp][] = [
    [{ uid: 'x' }, /received invalid webhook response: expected response\.uid="/],
    [{ patch: 'e30=' }, /webhook returned response\.patch but not response\.patchType/],
    [{ patchType: 'JSONPatch' }, /webhook returned response\.patchType but not response\.patch/],
    [{ patch: 'e30=', patchType: 'JSONPatch' }, /received undecodable patch in webhook response/],
    [patchOf({ op: 'replace', path: '/nowhere/at/all', value: 1 }), /^Internal error occurred: /],
    [patchOf({ op: 'replace', path: '/data', value: 7 }), /^Internal error occurred: /],
  ]
  for (const [verdict, want] of odd) {
    h.verdicts['/odd'] = () => verdict
    const reply = await h.server.admin('POST', maps, configMap('f3'))
    assert.equal(reply.code, 500, reply.text)
    assert.match(reply.body.message, want)
  }
  await h.configure('validating', 'x', { path: 'patches', rules })
  h.verdicts = { '/patches': () => patchOf({ op: 'add', path: '/data/z', value: '1' }) }
  assert.match((await h.server.admin('POST', maps, configMap('f3'))).body.message, /validating webhook may not return response\.patch$/)
})

test('a slow webhook is given up after its timeout', async () => {
  await h.configure('validating', 'v', { path: 'slow', rules: [rule(['configmaps'])], timeoutSeconds: 3 })
  const { answer } = h.hook
  h.hook.answer = () => new Promise(() => {})
  const waiting = h.server.admin('POST', maps, configMap('slow'))
  while (h.hook.calls.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await h.server.clock.advance(3_000)
  assert.match((await waiting).body.message, /slow\?timeout=3s": context deadline exceeded$/)
  h.hook.answer = answer
})

test('a dry run calls no webhook with side effects', async () => {
  const rules = [rule(['configmaps'])]
  await h.configure('validating', 'v', { path: 'pure', rules }, { path: 'careful', rules, sideEffects: 'NoneOnDryRun' })
  assert.equal((await h.server.admin('POST', `${maps}?dryRun=All`, configMap('d'))).code, 201)
  assert.deepEqual(
    h.requests().map(({ dryRun }) => dryRun),
    [true, true],
  )
})

test('deletes can be refused, and not be changed', async () => {
  await h.server.admin('POST', maps, configMap('kept'))
  await h.configure('validating', 'v', { path: 'keep', rules: [rule(['configmaps'], ['DELETE'])] })
  h.verdicts['/keep'] = () => ({ allowed: false, status: { message: 'still needed' } })
  assert.equal(
    (await h.server.admin('DELETE', `${maps}/kept`)).body.message,
    'admission webhook "keep.example.com" denied the request: still needed',
  )
  await h.configure('mutating', 'm', { path: 'turn', rules: [rule(['configmaps'], ['DELETE'])] })
  h.verdicts['/turn'] = () => patchOf({ op: 'add', path: '/data/x', value: '1' })
  const turned = await h.server.admin('DELETE', `${maps}/kept`)
  assert.match(
    turned.body.message,
    /admission webhook "turn\.example\.com" attempted to modify the object, which is not supported for this operation$/,
  )
})

test('matchPolicy: the same objects in another version', async () => {
  const { code, text } = await h.server.admin('POST', crds, zones)
  assert.equal(code, 201, text)
  while ((await h.server.admin('GET', '/apis/dns.example.com/v1/zones')).code !== 200) await new Promise((resolve) => setImmediate(resolve))
  const rules = [rule(['zones'], ['CREATE'], { apiVersions: ['v1beta1'] })]
  await h.configure('mutating', 'm', { path: 'equivalent', rules }, { path: 'exact', rules, matchPolicy: 'Exact' })
  h.verdicts['/equivalent'] = () => patchOf({ op: 'replace', path: '/spec/domain', value: 'changed' })
  const made = await h.server.admin('POST', '/apis/dns.example.com/v1/zones', { metadata: { name: 'z' }, spec: { domain: 'd', ttl: 5 } })
  assert.deepEqual([made.body.apiVersion, made.body.spec], ['dns.example.com/v1', { domain: 'changed', ttl: 5 }], made.text)
  assert.deepEqual(h.paths(), ['/equivalent'])
  const [{ kind, resource, requestKind, requestResource, object }] = h.requests()
  assert.deepEqual(
    [kind.version, resource.version, requestKind.version, requestResource.version, object.apiVersion],
    ['v1beta1', 'v1beta1', 'v1', 'v1', 'dns.example.com/v1beta1'],
  )
})

test('scale and binding are shown as what they are', async () => {
  const sets = '/apis/apps/v1/namespaces/shop/replicasets'
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  await h.server.admin('POST', sets, { metadata: { name: 'r' }, spec: { replicas: 1, selector: { matchLabels: { a: 'b' } }, template } })
  await h.configure('mutating', 'm', { path: 'limit', rules: [rule(['replicasets/scale', 'pods/binding'])] })
  h.verdicts['/limit'] = ({ kind }) => (kind.kind === 'Scale' ? patchOf({ op: 'replace', path: '/spec/replicas', value: 3 }) : {})
  const scaled = await h.server.admin('PATCH', `${sets}/r/scale`, { spec: { replicas: 9 } }, merge)
  assert.deepEqual([scaled.code, scaled.body.spec.replicas], [200, 3], scaled.text)
  const [request] = h.requests()
  assert.deepEqual(
    [request.kind, request.resource.resource, request.subResource, request.object.spec.replicas, request.oldObject.spec.replicas],
    [{ group: 'autoscaling', version: 'v1', kind: 'Scale' }, 'replicasets', 'scale', 9, 1],
  )
  await h.server.admin('POST', pods, pod('bound'))
  await h.server.admin('POST', `${pods}/bound/binding`, { metadata: { name: 'bound' }, target: { kind: 'Node', name: 'n1' } })
  const binding = h.requests().at(-1)
  assert.deepEqual([binding.kind.kind, binding.resource.resource, binding.object.target.name], ['Binding', 'pods', 'n1'])
})

test('configurations of admission are exempt', async () => {
  await h.configure('validating', 'locked', { path: 'locked' })
  h.verdicts['/locked'] = () => ({ allowed: false })
  assert.equal((await h.server.admin('DELETE', `${root}/validatingwebhookconfigurations/locked`)).code, 200)
  assert.deepEqual(h.paths(), [])
})
