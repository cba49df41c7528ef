// Empties a namespace that is being deleted, then lets it go.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/ and KEP-5080 (ordered deletion: pods first)
import type { NamespaceCondition, Namespace as NamespaceObject } from '../openapi/types/core/v1.ts'
import { Namespace } from '../src/api/core/namespace.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import type { Kind } from '../src/apimachinery/kind.ts'
import type { KubeObject } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, plan, requeueAfter, status, update } from '../src/controller/plan.ts'

/** What this controller needs of the world: every namespaced resource, whatever its kind. */
export interface NamespaceContent {
  /** Namespaced kinds that can be listed and deleted; `failed` names group versions that could not be discovered. */
  kinds(): Promise<{ kinds: Kind[]; failed: string[] }>
  list(kind: Kind, namespace: string): Promise<readonly KubeObject[]>
  deleteAll(kind: Kind, namespace: string, objects: readonly KubeObject[]): Promise<void>
}

const finalizer = 'kubernetes'
/** What remains is looked at again after this, then half as often each time: all kinds are listed for it. */
const firstWaitMs = 500
const longestWaitMs = 8000

interface Remains {
  /** "pods. has 3 resource instances" by resource. */
  counts: Map<string, number>
  finalizers: Map<string, number>
  discoveryErrors: string[]
  deletionErrors: string[]
}

export const namespace = defineController({
  name: 'namespace',
  for: Namespace,
  reads: {},
  needs: ['namespaceContent'],
  workers: 10,
  async reconcile(one, _reads, { now, ports, memory, key }) {
    if (one.metadata?.deletionTimestamp === undefined) return nothing
    if (one.status?.phase !== 'Terminating') return plan(status(Namespace, one, { ...one.status, phase: 'Terminating' }), requeueAfter(0))
    if (!(one.spec?.finalizers ?? []).includes(finalizer)) return nothing
    const remains = await emptied(one.metadata.name ?? '', ports['namespaceContent'] as NamespaceContent)
    const left = [...remains.counts.values()].reduce((sum, count) => sum + count, 0)
    const done = left === 0 && remains.discoveryErrors.length === 0 && remains.deletionErrors.length === 0
    if (done)
      return plan(
        update(
          Namespace,
          { ...one, spec: { ...one.spec, finalizers: one.spec!.finalizers!.filter((name) => name !== finalizer) } },
          'finalize',
        ),
      )
    const waitMs = (memory.get(key) as number | undefined) ?? firstWaitMs
    memory.set(key, Math.min(longestWaitMs, waitMs * 2))
    return plan(status(Namespace, one, { ...one.status, conditions: conditions(one, remains, now) }), requeueAfter(waitMs))
  },
  absent(key, _reads, { memory }) {
    memory.delete(key)
    return nothing
  },
})

/** Deletes what is there, pods before all else; tells what remains. */
async function emptied(name: string, content: NamespaceContent): Promise<Remains> {
  const remains: Remains = { counts: new Map(), finalizers: new Map(), discoveryErrors: [], deletionErrors: [] }
  const { kinds, failed } = await content.kinds()
  remains.discoveryErrors.push(...failed)
  const pods = kinds.filter(({ group, resource }) => group === '' && resource === 'pods')
  for (const kind of pods) await empty(kind, name, content, remains)
  // other objects may be what the pods still run on
  if (remains.counts.size > 0) return remains
  await Promise.all(kinds.filter((kind) => !pods.includes(kind)).map((kind) => empty(kind, name, content, remains)))
  return remains
}

async function empty(kind: Kind, name: string, content: NamespaceContent, remains: Remains): Promise<void> {
  try {
    const before = await content.list(kind, name)
    if (before.length === 0) return
    await content.deleteAll(kind, name, before)
    const after = await content.list(kind, name)
    if (after.length === 0) return
    const resource = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`
    remains.counts.set(resource, after.length)
    for (const object of after) {
      for (const word of object.metadata?.finalizers ?? []) remains.finalizers.set(word, (remains.finalizers.get(word) ?? 0) + 1)
    }
  } catch (error) {
    remains.deletionErrors.push(`${kind.resource}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The five conditions of a namespace that is being deleted, in upstream's words. */
function conditions(one: NamespaceObject, remains: Remains, now: number): NamespaceCondition[] {
  const { counts, finalizers, discoveryErrors, deletionErrors } = remains
  const sorted = (map: Map<string, number>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  const rows: [string, boolean, string, string, string, string][] = [
    [
      'NamespaceDeletionDiscoveryFailure',
      discoveryErrors.length > 0,
      'DiscoveryFailed',
      `Discovery failed for some groups, ${discoveryErrors.length} failing: ${discoveryErrors.join(', ')}`,
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ],
    ['NamespaceDeletionGroupVersionParsingFailure', false, '', '', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    [
      'NamespaceDeletionContentFailure',
      deletionErrors.length > 0,
      'ContentDeletionFailed',
      `Failed to delete all resource types, ${deletionErrors.length} remaining: ${deletionErrors.join(', ')}`,
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    [
      'NamespaceContentRemaining',
      counts.size > 0,
      'SomeResourcesRemain',
      `Some resources are remaining: ${sorted(counts)
        .map(([resource, count]) => `${resource.includes('.') ? resource : `${resource}.`} has ${count} resource instances`)
        .join(', ')}`,
      'ContentRemoved',
      'All content successfully removed',
    ],
    [
      'NamespaceFinalizersRemaining',
      finalizers.size > 0,
      'SomeFinalizersRemain',
      `Some content in the namespace has finalizers remaining: ${sorted(finalizers)
        .map(([word, count]) => `${word} in ${count} resource instances`)
        .join(', ')}`,
      'ContentHasNoFinalizers',
      'All content-preserving finalizers finished',
    ],
  ]
  const before = one.status?.conditions ?? []
  const own = rows.map(([type, bad, badReason, badMessage, goodReason, goodMessage]) => {
    const fresh = { type, status: bad ? 'True' : 'False', reason: bad ? badReason : goodReason, message: bad ? badMessage : goodMessage }
    const old = before.find((condition) => condition.type === type)
    const lastTransitionTime = old?.status === fresh.status ? (old.lastTransitionTime ?? timestamp(now)) : timestamp(now)
    return { ...fresh, lastTransitionTime }
  })
  return [...before.filter(({ type }) => !rows.some(([ours]) => ours === type)), ...own]
}
