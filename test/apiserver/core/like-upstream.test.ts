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
})
