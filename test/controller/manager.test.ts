// Which of the chosen controllers run: those whose kind may not be served ask first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigMap } from '../../src/api/core/configmap.ts'
import { StorageVersionMigration } from '../../src/api/storagemigration/storageversionmigration.ts'
import type { Client } from '../../src/client/client.ts'
import { defineController } from '../../src/controller/define.ts'
import { runControllerManager } from '../../src/controller/manager.ts'
import { nothing } from '../../src/controller/plan.ts'
import { FakeServer } from '../support/fake-server.ts'
import { logTo } from '../support/log.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const sure = defineController({ name: 'sure', for: ConfigMap, reads: {}, reconcile: () => nothing })
const unsure = defineController({ name: 'unsure', for: StorageVersionMigration, ifServed: true, reads: {}, reconcile: () => nothing })

/** Runs both over a server with these group versions, whose first answer may be a failure; returns who watches after a while. */
async function watching(groupVersions: readonly string[], failures = 0): Promise<{ sure: number; unsure: number; asked: number }> {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  const end = new AbortController()
  let asked = 0
  const raw = async (method: string, path: string) => {
    assert.deepEqual([method, path], ['GET', '/apis'])
    if (++asked <= failures) throw new Error('not now')
    return { groups: groupVersions.map((groupVersion) => ({ versions: [{ groupVersion }] })) }
  }
  const client = { ...server.client, raw } as Client
  const options = { available: [sure, unsure], controllers: ['*'], leaderElect: false, identity: 'm', settings: {}, ports: {} }
  const run = runControllerManager(options, { client, clock, random: () => 0.5, log: logTo([]), signal: end.signal })
  await clock.advance(5000)
  const found = { sure: server.watching(ConfigMap), unsure: server.watching(StorageVersionMigration), asked }
  end.abort()
  await clock.advance(1000)
  await run.catch(() => {})
  return found
}

test('a controller whose kind is not served is left out', async () => {
  assert.deepEqual(await watching(['apps/v1']), { sure: 1, unsure: 0, asked: 1 })
})

test('one whose kind is served runs', async () => {
  assert.deepEqual(await watching(['apps/v1', StorageVersionMigration.apiVersion]), { sure: 1, unsure: 1, asked: 1 })
})

test('a server that cannot be asked at once is asked again', async () => {
  assert.deepEqual(await watching([StorageVersionMigration.apiVersion], 2), { sure: 1, unsure: 1, asked: 3 })
})
