// DELETE: answers, preconditions, grace, finalizers, propagation, collections.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Pod } from '../../../src/api/core/pod/index.ts'
import type { Kind } from '../../../src/apimachinery/kind.ts'
import type { KubeObject } from '../../../src/apimachinery/meta.ts'
import { afterDelete } from '../../../src/apiserver/deletion.ts'
import type { Harness } from './harness.ts'
import { configMap, configMaps, pod, pods, start } from './harness.ts'

const merge = { 'content-type': 'application/merge-patch+json' }
const jobs = '/apis/batch/v1/namespaces/default/jobs'

describe('deletion', () => {
  let k: Harness
  before(async () => {
    k = await start()
  })
  after(() => k.close())

  test('rule 38: a Status names what went, without reason or code; for a Service the object itself comes', async () => {
    const { body: made } = await k.call('POST', configMaps, configMap('a'))
    const { code, body } = await k.call('DELETE', `${configMaps}/a`)
    assert.equal(code, 200)
    const details = { name: 'a', kind: 'configmaps', uid: made.metadata.uid }
    assert.deepEqual(body, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details })
    await k.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'sa' } })
    assert.equal((await k.call('DELETE', '/api/v1/namespaces/default/serviceaccounts/sa')).body.kind, 'ServiceAccount')
  })

  test('rule 38: options come from the body without kind too; the query counts only without a body', async () => {
    for (const name of ['b', 'c']) await k.call('POST', configMaps, configMap(name))
    const foreground = await k.call('DELETE', `${configMaps}/b?propagationPolicy=Orphan`, { propagationPolicy: 'Foreground' })
    assert.deepEqual(foreground.body.metadata.finalizers, ['foregroundDeletion'])
    const orphan = await k.call('DELETE', `${configMaps}/c?propagationPolicy=Orphan`)
    assert.deepEqual(orphan.body.metadata.finalizers, ['orphan'])
  })

  test('rule 39: preconditions that do not hold are 409, unknown or contradicting options 422', async () => {
    const { body: made } = await k.call('POST', configMaps, configMap('pre'))
    const uid = await k.call('DELETE', `${configMaps}/pre`, { preconditions: { uid: 'x' } })
    assert.equal(uid.code, 409)
    assert.ok(
      uid.body.message.endsWith(
        `the UID in the precondition (x) does not match the UID in record (${made.metadata.uid}). The object might have been deleted and then recreated`,
      ),
    )
    assert.equal((await k.call('DELETE', `${configMaps}/pre`, { preconditions: { resourceVersion: '1' } })).code, 409)
    assert.equal((await k.call('DELETE', `${configMaps}/pre`, { propagationPolicy: 'Never' })).code, 422)
    assert.equal((await k.call('DELETE', `${configMaps}/pre?dryRun=x`)).code, 422)
    assert.equal((await k.call('DELETE', `${configMaps}/pre`, { propagationPolicy: 'Orphan', orphanDependents: true })).code, 422)
    assert.equal((await k.call('DELETE', `${configMaps}/pre`, { preconditions: { uid: made.metadata.uid } })).code, 200)
  })

  test('rule 40: a pod on a node gets its grace, a later delete may only shorten it, zero removes it', async () => {
    const { body: made } = await k.call('POST', pods, pod('p', 'n1'))
    const first = await k.call('DELETE', `${pods}/p`)
    assert.equal(first.body.kind, 'Pod')
    assert.deepEqual([first.body.metadata.deletionTimestamp, first.body.metadata.deletionGracePeriodSeconds], ['2026-03-01T12:00:30Z', 30])
    const longer = await k.call('DELETE', `${pods}/p`, { gracePeriodSeconds: 60 })
    assert.equal(longer.body.metadata.resourceVersion, first.body.metadata.resourceVersion)
    const shorter = await k.call('DELETE', `${pods}/p`, { gracePeriodSeconds: 5 })
    assert.deepEqual(
      [shorter.body.metadata.deletionTimestamp, shorter.body.metadata.deletionGracePeriodSeconds],
      ['2026-03-01T12:00:05Z', 5],
    )
    const gone = await k.call('DELETE', `${pods}/p`, { gracePeriodSeconds: 0, preconditions: { uid: made.metadata.uid } })
    assert.equal(gone.code, 200)
    assert.equal((await k.call('GET', `${pods}/p`)).code, 404)
  })

  test('rule 40: an unscheduled pod goes at once', async () => {
    await k.call('POST', pods, pod('q'))
    await k.call('DELETE', `${pods}/q`)
    assert.equal((await k.call('GET', `${pods}/q`)).code, 404)
  })

  test('rule 41: finalizers hold an object; losing the last by an update deletes it in that request', async () => {
    await k.call('POST', configMaps, { metadata: { name: 'fin', finalizers: ['a.b/c'] } })
    const first = await k.call('DELETE', `${configMaps}/fin`)
    assert.deepEqual([first.body.metadata.deletionTimestamp, first.body.metadata.deletionGracePeriodSeconds], ['2026-03-01T12:00:00Z', 0])
    const second = await k.call('DELETE', `${configMaps}/fin`)
    assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion)
    const last = await k.call('PATCH', `${configMaps}/fin`, { metadata: { finalizers: null } }, merge)
    assert.deepEqual([last.code, last.body.metadata.resourceVersion], [200, first.body.metadata.resourceVersion])
    assert.equal((await k.call('GET', `${configMaps}/fin`)).code, 404)
  })

  test('rule 42: a Job without a policy orphans its pods, other kinds do not', async () => {
    const job = {
      metadata: { name: 'j' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
    }
    const made = await k.call('POST', jobs, job)
    assert.equal(made.code, 201, made.text)
    const raw = await k.call('DELETE', `${jobs}/j`)
    assert.ok(raw.body.metadata.finalizers.includes('orphan'), raw.text)
  })

  test('rule 44: a namespace stays, Terminating, until its own finalizers are gone', async () => {
    const namespaces = '/api/v1/namespaces'
    const made = await k.call('POST', namespaces, { metadata: { name: 'ns' } })
    assert.deepEqual([made.body.spec.finalizers, made.body.status.phase], [['kubernetes'], 'Active'])
    const first = await k.call('DELETE', `${namespaces}/ns`)
    assert.deepEqual([first.code, first.body.kind, first.body.status.phase], [200, 'Namespace', 'Terminating'])
    assert.ok(first.body.metadata.deletionTimestamp)
    const second = await k.call('DELETE', `${namespaces}/ns`)
    assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion)
    assert.equal((await k.call('GET', `${namespaces}/ns`)).code, 200)
  })

  test('rule 43: deletecollection honours selectors and answers with what went', async () => {
    for (const name of ['x1', 'x2', 'y1']) await k.call('POST', configMaps, configMap(name, {}, { set: name[0]! }))
    const { code, body } = await k.call('DELETE', `${configMaps}?labelSelector=set%3Dx`)
    assert.equal(code, 200)
    assert.deepEqual(
      body.items.map((item: KubeObject) => item.metadata!.name),
      ['x1', 'x2'],
    )
    const left = await k.call('GET', `${configMaps}?labelSelector=set`)
    assert.deepEqual(
      left.body.items.map((item: KubeObject) => item.metadata!.name),
      ['y1'],
    )
  })
})

describe('afterDelete decides', () => {
  const now = Date.parse('2026-03-01T12:00:00Z')
  const running = { metadata: { name: 'p', generation: 2 }, spec: { nodeName: 'n', terminationGracePeriodSeconds: 30 } } as KubeObject
  const kind = Pod as unknown as Kind
  for (const { name, given, options, want } of [
    { name: 'rule 40: negative grace means one second', given: running, options: { gracePeriodSeconds: -5 }, want: 1 },
    { name: 'rule 40: grace of the pod', given: running, options: {}, want: 30 },
    { name: 'rule 40: grace of the options', given: running, options: { gracePeriodSeconds: 7 }, want: 7 },
  ]) {
    test(name, () => {
      const next = afterDelete(kind, given, options, now) as KubeObject
      assert.equal(next.metadata!.deletionGracePeriodSeconds, want)
      assert.equal(next.metadata!.generation, 3)
    })
  }

  test('rule 21: the first delete bumps generation, finalizers or not', () => {
    const held = { ...running, metadata: { ...running.metadata, finalizers: ['a/b'] } }
    const next = afterDelete(kind, held, { gracePeriodSeconds: 0 }, now) as KubeObject
    assert.deepEqual([next.metadata!.generation, next.metadata!.deletionGracePeriodSeconds], [3, 0])
  })
})
