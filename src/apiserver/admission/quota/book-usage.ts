// Writes a quota's new usage: one compare-and-swap on its storage entry. The only admission write.

import { ResourceQuota } from '../../../api/core/resourcequota.ts'
import type { Kind } from '../../../apimachinery/kind.ts'
import { draft } from '../../../apimachinery/meta.ts'
import type { Storage } from '../../../storage/storage.ts'
import { encodeStored } from '../../codec.ts'
import { objectStorageKey } from '../../keys.ts'
import type { BookUsage } from '../resource-quota.ts'

/** Books on quotas in this storage. */
export function bookUsage(storage: Storage): BookUsage {
  return async (quota, used) => {
    const { namespace, name, resourceVersion } = quota.metadata ?? {}
    const changed = draft(quota)
    changed.status = { ...changed.status, used }
    const { bytes } = encodeStored(ResourceQuota as unknown as Kind, changed)
    const key = objectStorageKey(ResourceQuota as unknown as Kind, namespace, name ?? '')
    const result = await storage.update(key, bytes, Number(resourceVersion))
    if (!result.ok) return undefined
    return { ...changed, metadata: { ...changed.metadata, resourceVersion: String(result.revision) } }
  }
}
