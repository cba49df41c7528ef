// ResourceQuota: counts what a request would use and books it on the quotas' status before the object is stored. Last in the chain.
// One request of a namespace at a time; a lost race for a quota is tried again, as upstream does.
import type { ResourceQuota as ResourceQuotaObject } from '../../../openapi/types/core/v1.ts'
import { ResourceQuota } from '../../api/core/resourcequota.ts'
import { ApiError } from '../../apimachinery/api-error.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { objectKey } from '../../apimachinery/meta.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { chargesOf } from './quota/check.ts'
import { type Evaluator, evaluatorOf } from './quota/evaluator.ts'

/** Writes `used` to a quota's status if the quota is still at its resourceVersion; undefined when it is not. */
export type BookUsage = (quota: ResourceQuotaObject, used: Record<string, string>) => Promise<ResourceQuotaObject | undefined>

const attempts = 4
const rememberedLimit = 10_000

/** `book` is the only write; see quota/book-usage.ts. */
export function resourceQuota({ book, clock }: { book: BookUsage; clock: Clock }): AdmissionPlugin {
  const turns = new Map<string, Promise<void>>()
  const written = new Map<string, ResourceQuotaObject>()

  /** The quotas of a namespace: from the cache, or what was written here when that is newer. */
  const quotasOf = (read: Reader, namespace: string): ResourceQuotaObject[] =>
    read.list(ResourceQuota, namespace).map((cached) => {
      const own = written.get(objectKey(cached))
      return own !== undefined && own.metadata?.uid === cached.metadata?.uid && revisionOf(own) > revisionOf(cached) ? own : cached
    })

  const evaluate = async (attributes: AdmissionAttributes, read: Reader, namespace: string, evaluator: Evaluator): Promise<void> => {
    let open: ReadonlySet<string> | undefined
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const quotas = quotasOf(read, namespace).filter((quota) => open === undefined || open.has(objectKey(quota)))
      const charges = chargesOf(attributes, quotas, evaluator, clock.now())
      if (attributes.dryRun || charges.length === 0) return
      const failed = new Set<string>()
      for (const { quota, used } of charges) {
        const result = await book(quota, used)
        if (result === undefined) failed.add(objectKey(quota))
        else remember(written, result)
      }
      if (failed.size === 0) return
      open = failed
      await read.refresh()
    }
    throw new ApiError('Conflict', 'unable to book the usage of a resource quota: too many concurrent changes, try again')
  }

  return {
    name: 'ResourceQuota',
    on: ['CREATE', 'UPDATE'],
    validate: async (attributes, read) => {
      const { namespace, kind } = attributes
      if (!namespace || (kind.group === '' && kind.kind === 'Namespace')) return
      const evaluator = evaluatorOf({ group: attributes.resolved.group, resource: kind.resource })
      if (evaluator === undefined || !evaluator.handles(attributes)) return
      if (read.list(ResourceQuota, namespace).length === 0) return
      const before = turns.get(namespace) ?? Promise.resolve()
      const mine = before.then(() => evaluate(attributes, read, namespace, evaluator))
      const settled = mine.catch(() => {})
      turns.set(namespace, settled)
      try {
        await mine
      } finally {
        if (turns.get(namespace) === settled) turns.delete(namespace)
      }
    },
  }
}

function remember(written: Map<string, ResourceQuotaObject>, quota: ResourceQuotaObject): void {
  const key = objectKey(quota)
  written.delete(key)
  written.set(key, quota)
  if (written.size > rememberedLimit) for (const oldest of written.keys()) return void written.delete(oldest)
}

function revisionOf({ metadata }: ResourceQuotaObject): number {
  return Number(metadata?.resourceVersion ?? 0)
}
