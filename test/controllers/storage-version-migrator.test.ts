// A storage version migration: looks for the resource, says that it runs, writes every object anew, and says how it ended.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type StorageMigration, storageVersionMigrator } from '../../controllers/storage-version-migrator.ts'
import type { StorageVersionMigration } from '../../openapi/types/storagemigration/v1beta1.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { Plan } from '../../src/controller/plan.ts'
import { Widget } from './widget.ts'

const started = '2026-01-01T00:00:00Z'
const migration = (status: StorageVersionMigration['status'] = {}): StorageVersionMigration => ({
  metadata: { name: 'm', creationTimestamp: started },
  spec: { resource: { group: Widget.group, resource: Widget.resource } },
  status,
})

function reconcile(one: StorageVersionMigration, port: Partial<StorageMigration>, afterMs = 0): Promise<Plan> | Plan {
  const now = Date.parse(started) + afterMs
  const ports = { storageMigration: { find: async () => Widget as Kind, revision: async () => '42', renewAll: async () => {}, ...port } }
  return storageVersionMigrator.reconcile(one, {}, { now, random: () => 0, key: 'm', memory: new Map(), options: {}, ports })
}

/** `Type=Status Reason: message` of the status that is written. */
function told({ steps }: Plan): string[] {
  const [write] = steps.flat()
  const status = write?.op === 'status' ? (write.status as NonNullable<StorageVersionMigration['status']>) : {}
  return (status.conditions ?? []).map(({ type, status: state, reason, message }) => `${type}=${state} ${reason}: ${message}`)
}

test('it first says that it runs, and up to which revision', async () => {
  const plan = await reconcile(migration(), {})
  const [write] = plan.steps.flat()
  assert.equal(write?.op === 'status' && (write.status as StorageVersionMigration['status'])?.resourceVersion, '42')
  assert.deepEqual([told(plan), plan.requeueAfterMs], [['Running=True StorageVersionMigrationInProgress: '], 0])
})

const running = {
  resourceVersion: '42',
  conditions: [{ type: 'Running', status: 'True', reason: 'StorageVersionMigrationInProgress', message: '', lastTransitionTime: started }],
}

test('it succeeds when every object has been written, and fails when one cannot be', async () => {
  const renewed: Kind[] = []
  const done = await reconcile(migration(running), { renewAll: async (kind) => void renewed.push(kind) })
  assert.deepEqual(renewed, [Widget])
  assert.deepEqual(told(done), ['Running=False StorageVersionMigrationInProgress: ', 'Succeeded=True StorageVersionMigrationSucceeded: '])
  const failed = await reconcile(migration(running), { renewAll: () => Promise.reject(new Error('no')) })
  assert.equal(told(failed)[1], 'Failed=True StorageVersionMigrationFailed: migration encountered unhandled error')
})

test('a resource that is not served is waited for, a minute long', async () => {
  const absent = { find: async () => undefined }
  assert.deepEqual(await reconcile(migration(), absent, 59_000), { steps: [], events: [], requeueAfterMs: 5_000 })
  assert.deepEqual(told(await reconcile(migration(), absent, 60_000)), ['Failed=True StorageVersionMigrationFailed: resource not found'])
})

test('one that has ended is left alone', async () => {
  const conditions = [{ type: 'Succeeded', status: 'True', reason: 'r', message: '', lastTransitionTime: started }]
  assert.deepEqual(await reconcile(migration({ conditions }), {}), { steps: [], events: [] })
})
