// Which requests a webhook is asked about: rules, scopes, selectors and conditions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pod } from '../side/whole-server.ts'
import { configMap, hooked, type Json, maps, rule } from './hooked.ts'

const h = hooked()

const selections: { name: string; webhook: Json; called: string[] }[] = [
  { name: 'all of everything', webhook: {}, called: ['shop/a', 'other/b', 'n'] },
  { name: 'scope Namespaced', webhook: { rules: [rule(['*'], ['*'], { scope: 'Namespaced' })] }, called: ['shop/a', 'other/b'] },
  { name: 'scope Cluster', webhook: { rules: [rule(['*'], ['*'], { scope: 'Cluster' })] }, called: ['n'] },
  { name: 'no such operation', webhook: { rules: [rule(['*'], ['DELETE'])] }, called: [] },
  { name: 'another group', webhook: { rules: [rule(['configmaps'], ['*'], { apiGroups: ['apps'] })] }, called: [] },
  { name: 'subresources alone', webhook: { rules: [rule(['configmaps/status'])] }, called: [] },
  { name: 'a namespace by label', webhook: { namespaceSelector: { matchLabels: { team: 'shop' } } }, called: ['shop/a', 'n'] },
  { name: 'an object by label', webhook: { objectSelector: { matchLabels: { pick: 'me' } } }, called: ['other/b'] },
  {
    name: 'conditions',
    webhook: { matchConditions: [{ name: 'c', expression: "request.namespace == 'shop' && object.data.a == '1'" }] },
    called: ['shop/a'],
  },
  {
    name: 'one false condition decides, whatever else fails',
    webhook: {
      matchConditions: [
        { name: 'fails', expression: 'object.nothing.here == 1' },
        { name: 'false', expression: "request.userInfo.username != 'admin'" },
      ],
    },
    called: [],
  },
  {
    name: 'what the authorizer says',
    webhook: {
      matchConditions: [
        { name: 'may', expression: "authorizer.group('apps').resource('deployments').namespace('shop').check('create').allowed()" },
      ],
    },
    called: ['shop/a', 'other/b', 'n'],
  },
]

test('rules, scopes, selectors and conditions choose the requests', async () => {
  for (const { name, webhook, called } of selections) {
    await h.unconfigure('validating')
    await h.configure('validating', 'v', { path: 'chosen', ...webhook })
    h.hook.calls.length = 0
    for (const path of ['shop', 'other']) {
      const labels = path === 'other' ? { pick: 'me' } : {}
      const object = configMap(path === 'shop' ? 'a' : 'b', labels)
      const reply = await h.server.admin('POST', `/api/v1/namespaces/${path}/configmaps?dryRun=All`, object)
      assert.equal(reply.code, 201, `${name}: ${reply.text}`)
    }
    await h.server.admin('POST', '/api/v1/namespaces?dryRun=All', { metadata: { name: 'n', labels: { team: 'shop' } } })
    const seen = h
      .requests()
      .map(({ kind, namespace, object }) => (kind.kind === 'Namespace' ? 'n' : `${namespace}/${object.metadata.name}`))
    assert.deepEqual(seen, called, name)
  }
})

test('a condition that fails refuses the request, or skips the webhook', async () => {
  const matchConditions = [{ name: 'fails', expression: 'object.data.missing == "1"' }]
  await h.configure('validating', 'v', { path: 'strict', rules: [rule(['configmaps'])], matchConditions })
  const refused = await h.server.admin('POST', maps, configMap('c'))
  assert.deepEqual(
    [refused.code, refused.body.message],
    [403, `configmaps "c" is forbidden: expression 'object.data.missing == "1"' resulted in error: no such key: missing`],
  )
  await h.unconfigure('validating')
  await h.configure('validating', 'v', { path: 'lax', rules: [rule(['configmaps'])], matchConditions, failurePolicy: 'Ignore' })
  assert.equal((await h.server.admin('POST', `${maps}?dryRun=All`, configMap('c'))).code, 201)
  assert.deepEqual(h.paths(), [])
})

test('what the server itself deletes is not asked about: the pod of an eviction', async () => {
  await h.configure('validating', 'v', { path: 'all', rules: [rule(['pods', 'pods/eviction'], ['CREATE', 'DELETE'])] })
  const pods = '/api/v1/namespaces/shop/pods'
  await h.server.admin('POST', pods, pod('evicted'))
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'evicted' } }
  assert.equal((await h.server.admin('POST', `${pods}/evicted/eviction`, eviction)).code, 201)
  assert.deepEqual(
    h.requests().map(({ operation, subResource, kind }) => [operation, subResource, kind.kind]),
    [
      ['CREATE', undefined, 'Pod'],
      ['CREATE', 'eviction', 'Eviction'],
    ],
  )
})
