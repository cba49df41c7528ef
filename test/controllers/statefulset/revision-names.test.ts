// Names of revisions are hashes of their bytes: those that Kubernetes 1.33 and 1.34 gave to the same set.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revisionsOf } from '../../../controllers/statefulset/revisions.ts'
import type { ControllerRevision, StatefulSet } from '../../../openapi/types/apps/v1.ts'
import type { ObjectMeta } from '../../../openapi/types/meta/v1.ts'

const container = {
  image: 'test',
  imagePullPolicy: 'Always',
  name: 'test',
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
}
const podSpec = {
  containers: [container],
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  schedulerName: 'default-scheduler',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
}
const templateMeta: ObjectMeta = { annotations: { test: 'value' }, labels: { app: 'foo' } }
const setOf = (metadata: ObjectMeta): StatefulSet => ({
  metadata: { name: 'test', namespace: 'default', uid: 'u' },
  spec: { selector: { matchLabels: { app: 'foo' } }, template: { metadata, spec: podSpec } },
})
const revisions = (set: StatefulSet, history: ControllerRevision[] = []) => revisionsOf(set, history, () => undefined)

test('the name that 1.34 and later give', () => {
  assert.equal(revisions(setOf(templateMeta)).update.metadata?.name, 'test-776999688b')
})

test('up to 1.33 templates had a creationTimestamp of null: another name, but the same revision', () => {
  const old = revisions(setOf({ ...templateMeta, creationTimestamp: null as unknown as string })).update
  assert.equal(old.metadata?.name, 'test-c77f6d978')
  assert.equal(revisions(setOf(templateMeta), [old]).write, undefined)
})

test('characters that Go escapes are hashed as Go writes them', () => {
  const plain = revisions(setOf({ ...templateMeta, annotations: { test: 'a<b>&\u2028' } })).update.metadata?.name
  const other = revisions(setOf({ ...templateMeta, annotations: { test: 'a\\u003cb\\u003e\\u0026\\u2028' } })).update.metadata?.name
  assert.notEqual(plain, other)
  assert.match(plain ?? '', /^test-[bcdf-hj-np-tv-z0-9]{1,10}$/)
})
