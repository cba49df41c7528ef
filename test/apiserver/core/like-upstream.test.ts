// What Go's server writes and refuses beside the rules: found by comparing answers request by request with kube-apiserver.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Harness } from './harness.ts'
import { configMaps, start } from './harness.ts'

const apply = { 'content-type': 'application/apply-patch+yaml' }

describe('as kube-apiserver answers', () => {
  let k: Harness
  before(async () => {
    k = await start()
  })
  after(() => k.close())

  test('rule 33: apply with the uid of an object that is gone is 409, not a new object', async () => {
    const metadata = { name: 'gone', uid: 'f0000000-0000-0000-0000-000000000000' }
    const { code, body } = await k.call(
      'PATCH',
      `${configMaps}/gone?fieldManager=m`,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata },
      apply,
    )
    assert.deepEqual([code, body.reason], [409, 'Conflict'])
    assert.match(body.message, /"gone": uid mismatch: the provided object specified uid f0{7}-.*, and no existing object was found$/)
    assert.equal((await k.call('GET', `${configMaps}/gone`)).code, 404)
  })

  test('a new object has the status that Go writes of an empty one', async () => {
    const labels = { a: 'b' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const deployment = { metadata: { name: 'st' }, spec: { selector: { matchLabels: labels }, template }, status: { replicas: 7 } }
    const { code, body } = await k.call('POST', '/apis/apps/v1/namespaces/default/deployments?dryRun=All', deployment)
    assert.deepEqual([code, body.status], [201, {}])
    const budget = { metadata: { name: 'st' }, spec: { selector: {} } }
    const { body: made } = await k.call('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets?dryRun=All', budget)
    assert.deepEqual(made.status, { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 })
  })

  const unread = 'the object provided is unrecognized (must be of type ConfigMap): '
  const cases: readonly { name: string; ask: Parameters<Harness['call']>; want: readonly [number, string | RegExp] }[] = [
    { name: 'the body null is an empty object', ask: ['POST', configMaps, 'null'], want: [422, /name or generateName is required$/] },
    {
      name: 'a kind that is no text',
      ask: ['POST', configMaps, '{"kind":1}'],
      want: [
        400,
        `${unread}couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string ({"kind":1})`,
      ],
    },
    {
      name: 'no protobuf',
      ask: ['POST', configMaps, 'xx', { 'content-type': 'application/vnd.kubernetes.protobuf' }],
      want: [400, `${unread}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (7878)`],
    },
    {
      name: 'a token of one letter',
      ask: ['GET', `${configMaps}?continue=x`],
      want: [400, 'invalid continue token: continue key is not valid: illegal base64 data at input byte 0'],
    },
    {
      name: 'apply under the name of another',
      ask: ['PATCH', `${configMaps}/b?fieldManager=m`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }, apply],
      want: [400, 'the name of the object (c) does not match the name on the URL (b)'],
    },
    {
      name: 'apply without a name creates nothing',
      ask: ['PATCH', `${configMaps}/b?fieldManager=m`, { apiVersion: 'v1', kind: 'ConfigMap' }, apply],
      want: [400, 'the name of the object (b based on URL) was undeterminable: name must be provided'],
    },
    {
      name: 'a POST to a watch',
      ask: ['POST', '/api/v1/watch/namespaces/default/configmaps', {}],
      want: [405, /does not allow this method/],
    },
    {
      name: 'other things than DeleteOptions',
      ask: ['DELETE', `${configMaps}/any`, { kind: 'Pod', apiVersion: 'v1' }],
      want: [400, /^no kind "Pod" is registered for version "v1"/],
    },
  ]
  for (const { name, ask, want } of cases) {
    test(name, async () => {
      const { code, body, text } = await k.call(...ask)
      assert.equal(code, want[0], text)
      if (typeof want[1] === 'string') assert.equal(body.message, want[1])
      else assert.match(body.message, want[1])
    })
  }

  test('resourceVersion 0 in a create is none', async () => {
    const { code, text } = await k.call('POST', configMaps, { metadata: { name: 'zero', resourceVersion: '0' } })
    assert.equal(code, 201, text)
  })

  test('what is invalid about a patch names no kind', async () => {
    await k.call('POST', configMaps, { metadata: { name: 'patched' } })
    const { body } = await k.call('PATCH', `${configMaps}/patched`, { data: 1 }, { 'content-type': 'application/merge-patch+json' })
    assert.deepEqual([body.reason, Object.keys(body.details)], ['Invalid', ['causes']])
  })
})
