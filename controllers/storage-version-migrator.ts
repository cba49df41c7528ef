// Writes every object of a resource anew, so that none is stored in an old version any more.
// https://kubernetes.io/docs/tasks/manage-kubernetes-objects/storage-version-migration/
import type { Condition } from '../openapi/types/meta/v1.ts'
import type { StorageVersionMigration as Migration } from '../openapi/types/storagemigration/v1beta1.ts'
import { StorageVersionMigration } from '../src/api/storagemigration/storageversionmigration.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import type { Kind } from '../src/apimachinery/kind.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, plan, requeueAfter, status } from '../src/controller/plan.ts'

/** What this controller needs of the world: objects of any kind. */
export interface StorageMigration {
  /** The kind of a resource, as it is served now; undefined: it is not. */
  find(group: string, resource: string): Promise<Kind | undefined>
  /** The revision up to which objects may be old. */
  revision(kind: Kind): Promise<string>
  /** Writes each object as it is. Objects that change or go meanwhile need nothing. Rejects when one cannot be written. */
  renewAll(kind: Kind): Promise<void>
}

/** A new definition may not be known everywhere: so long a resource is looked for. */
const findMs = 60_000
const retryMs = 5_000

export const storageVersionMigrator = defineController({
  name: 'storage-version-migrator',
  for: StorageVersionMigration,
  ifServed: true,
  reads: {},
  needs: ['storageMigration'],
  async reconcile(one, _reads, { now, ports }) {
    if (one.metadata?.deletionTimestamp !== undefined || isTrue(one, 'Succeeded') || isTrue(one, 'Failed')) return nothing
    const port = ports['storageMigration'] as StorageMigration
    const { group = '', resource = '' } = one.spec?.resource ?? {}
    const kind = await port.find(group, resource)
    if (kind === undefined) {
      const age = now - Date.parse(one.metadata?.creationTimestamp ?? '')
      return age < findMs ? plan(requeueAfter(retryMs)) : ended(one, 'Failed', 'resource not found', now)
    }
    if (!isTrue(one, 'Running')) {
      const resourceVersion = one.status?.resourceVersion || (await port.revision(kind))
      const running = condition('Running', 'True', 'StorageVersionMigrationInProgress', '', now)
      const next = { ...one.status, resourceVersion, conditions: [...(one.status?.conditions ?? []), running] }
      return plan(status(StorageVersionMigration, one, next), requeueAfter(0))
    }
    try {
      await port.renewAll(kind)
    } catch {
      return ended(one, 'Failed', 'migration encountered unhandled error', now)
    }
    return ended(one, 'Succeeded', '', now)
  },
})

function isTrue({ status: state }: Migration, type: string): boolean {
  return state?.conditions?.some((one) => one.type === type && one.status === 'True') === true
}

function condition(type: string, state: string, reason: string, message: string, now: number): Condition {
  return { type, status: state, lastTransitionTime: timestamp(now), reason, message }
}

/** The end: no longer running, and how it went. */
function ended(one: Migration, type: 'Succeeded' | 'Failed', message: string, now: number) {
  const before = (one.status?.conditions ?? []).map((known) =>
    known.type === 'Running' ? { ...known, status: 'False', lastTransitionTime: timestamp(now) } : known,
  )
  const conditions = [...before, condition(type, 'True', `StorageVersionMigration${type}`, message, now)]
  return plan(status(StorageVersionMigration, one, { ...one.status, conditions }))
}
