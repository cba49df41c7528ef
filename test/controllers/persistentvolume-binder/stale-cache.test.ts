// A cache that lags must not cost data: what a missing claim leads to is not sent while the claim is there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { volumePlan } from '../../../controllers/persistentvolume-binder/volumes.ts'
import type { PersistentVolume as PersistentVolumeObject } from '../../../openapi/types/core/v1.ts'
import type { KubeObject } from '../../../src/apimachinery/meta.ts'
import type { Client } from '../../../src/client/client.ts'
import type { Lister } from '../../../src/controller/define.ts'
import { executePlan } from '../../../src/controller/execute.ts'

const empty: Lister<never> = { get: () => undefined, list: () => [], ownedBy: () => [], by: () => [] }
const volume = (phase: string): PersistentVolumeObject => ({
  metadata: { name: 'v', uid: 'uid-v', annotations: { 'pv.kubernetes.io/provisioned-by': 'k8ts.io/host-path' } },
  spec: {
    persistentVolumeReclaimPolicy: 'Delete',
    hostPath: { path: '/data/v' },
    claimRef: { namespace: 'default', name: 'data', uid: 'uid-data' },
  },
  status: { phase },
})

/** What is sent to a server whose claim has this uid. */
async function sent(phase: string, claimUid: string): Promise<string[]> {
  const calls: string[] = []
  const done = async () => ({ metadata: { name: 'v' } }) as KubeObject
  const client = {
    get: async () => ({ kind: 'PersistentVolumeClaim', metadata: { namespace: 'default', name: 'data', uid: claimUid } }),
    patch: async (_kind: unknown, _ref: unknown, body: { status: { phase: string } }) => {
      calls.push(`patch ${body.status.phase}`)
      return done()
    },
    delete: async () => {
      calls.push('delete')
    },
  } as unknown as Client
  const plan = volumePlan(volume(phase), { volumes: empty, claims: empty, classes: empty, pods: empty })
  const hooks = { fieldManager: 'm', signal: new AbortController().signal, wrote() {}, deleted() {}, record() {} }
  await executePlan(plan, client, hooks).catch((error: Error) => calls.push(`refused: ${error.message}`))
  return calls
}

const refused = 'refused: PersistentVolumeClaim default/data exists'
const cases: { name: string; given: [string, string]; want: string[] }[] = [
  { name: 'a claim the cache has not seen keeps its volume', given: ['Bound', 'uid-data'], want: [refused] },
  { name: 'and keeps it from being deleted', given: ['Released', 'uid-data'], want: [refused] },
  { name: 'another claim of the name does not', given: ['Bound', 'uid-new'], want: ['patch Released'] },
  { name: 'nor does it keep it from being deleted', given: ['Released', 'uid-new'], want: ['delete'] },
]

for (const { name, given, want } of cases) {
  test(name, async () => assert.deepEqual(await sent(...given), want))
}
