// What attach-detach remembers from one turn to the next: how long an attachment has been unwanted, and what pods were told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kind } from '../../../src/apimachinery/kind.ts'
import type { KubeObject } from '../../../src/apimachinery/meta.ts'
import { ObjectCache } from '../../../src/client/informer.ts'
import type { Plan } from '../../../src/controller/plan.ts'
import { controllerNamed } from '../golden.ts'

const controller = controllerNamed('persistentvolume-attach-detach')
const start = Date.parse('2026-01-01T01:00:00Z')
const minute = 60_000
const name = 'kubernetes.io/csi/disk.example.com^h1'

const volume = {
  metadata: { name: 'v1' },
  spec: {
    accessModes: ['ReadWriteOnce'],
    csi: { driver: 'disk.example.com', volumeHandle: 'h1' },
    claimRef: { namespace: 'default', name: 'data', uid: 'uid-data' },
  },
}
const claim = {
  metadata: { name: 'data', namespace: 'default', uid: 'uid-data' },
  spec: { volumeName: 'v1' },
  status: { phase: 'Bound' },
}
const pod = {
  metadata: { name: 'a', namespace: 'default', uid: 'uid-a' },
  spec: { nodeName: 'n1', volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
}
const attachment = (node: string, extra: object = {}) => ({
  metadata: { name: `csi-${node}`, uid: `uid-${node}`, creationTimestamp: '2026-01-01T01:00:00Z' },
  spec: { attacher: 'disk.example.com', nodeName: node, source: { persistentVolumeName: 'v1' } },
  status: { attached: true },
  ...extra,
})
const node = (ready: string) => ({
  metadata: { name: 'n1', uid: 'uid-n1', annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
  status: {
    conditions: [{ type: 'Ready', status: ready }],
    volumesInUse: [name],
    volumesAttached: [{ name, devicePath: '' }],
  },
})

/** Turns of the controller with the same notes. */
function turns(objects: Record<string, object[]>, options: object = {}) {
  const memory = new Map<string, unknown>()
  const caches = new Map<string, ObjectCache>()
  const cacheOf = (kind: Kind) => {
    let cache = caches.get(kind.kind)
    if (cache === undefined) {
      caches.set(kind.kind, (cache = new ObjectCache(kind)))
      cache.replace((objects[kind.kind] ?? []) as KubeObject[], '1')
    }
    return cache
  }
  const reads = Object.fromEntries(Object.entries(controller.reads as Record<string, Kind>).map(([key, kind]) => [key, cacheOf(kind)]))
  for (const [key, { kind, values }] of Object.entries(controller.indexes ?? {})) cacheOf(kind).addIndex(key, values)
  const context = { random: () => 0.5, key: 'n1', memory, options: { ...controller.options, ...options }, ports: {} }
  return {
    at: (afterMs: number, object: object) =>
      controller.reconcile(object as KubeObject, reads, { ...context, now: start + afterMs }) as Plan,
  }
}

const operations = (plan: Plan) => plan.steps.flat().map(({ op }) => op)
const messages = (plan: Plan) => plan.events.map(({ message }) => message)

const unmounting = [
  { title: 'is detached by force after six minutes when the node is not ready', ready: 'Unknown', options: {}, want: ['patch', 'delete'] },
  { title: 'stays while a ready node has it mounted', ready: 'True', options: {}, want: [] },
  { title: 'stays when force is switched off', ready: 'Unknown', options: { disableForceDetachOnTimeout: true }, want: [] },
]

for (const { title, ready, options, want } of unmounting) {
  test(`a volume that nobody wants ${title}`, () => {
    const { at } = turns({ PersistentVolume: [volume], VolumeAttachment: [attachment('n1')] }, options)
    assert.deepEqual(operations(at(0, node(ready))), [])
    assert.equal(at(minute, node(ready)).requeueAfterMs, 5 * minute)
    assert.deepEqual(operations(at(6 * minute, node(ready))), want)
  })
}

test('pods are told once that another node has their volume', () => {
  const world = { PersistentVolume: [volume], PersistentVolumeClaim: [claim], Pod: [pod], VolumeAttachment: [attachment('n2')] }
  const idle = { ...node('True'), status: {} }
  const { at } = turns(world)
  assert.deepEqual(messages(at(0, idle)), [
    'Multi-Attach error for volume "v1" Volume is already exclusively attached to one node and can\'t be attached to another',
  ])
  assert.deepEqual(messages(at(minute, idle)), [])
})

test('a driver that says nothing is complained of every two minutes', () => {
  const silent = attachment('n1', { status: { attached: false } })
  silent.metadata.name = 'csi-0f30d008e2c35a9079ad5b387acb76fc4f32c1715f29f3d316190f5a1976198c'
  const { at } = turns({ PersistentVolume: [volume], PersistentVolumeClaim: [claim], Pod: [pod], VolumeAttachment: [silent] })
  const idle = { ...node('True'), status: {} }
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((minutes) => messages(at(minutes * minute, idle)).length),
    [0, 0, 1, 0, 1],
  )
})
