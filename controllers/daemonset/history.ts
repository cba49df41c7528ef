// A DaemonSet's revisions: the present one, made or renumbered when needed, and the old ones within the limit. Pure.
import type { DaemonSet as DaemonSetObject, ControllerRevision as Revision } from '../../openapi/types/apps/v1.ts'
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { ControllerRevision } from '../../src/api/apps/controllerrevision.ts'
import { DaemonSet } from '../../src/api/apps/daemonset.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { podTemplateHash } from '../../src/apimachinery/hash.ts'
import { controllerReference } from '../../src/controller/owners.ts'
import { create, patch, remove, type Write } from '../../src/controller/plan.ts'
import { byRevision, renumber, revisionData, revisionHashLabel, storesData } from '../shared/controller-revision.ts'

export interface History {
  hash: string
  /** Creation, renumbering, cleaning up. */
  writes: Write[]
  /** The name of the new revision belongs to other data: the collision count has to rise first. */
  collision: boolean
}

/** `taken` looks a revision up by name. */
export function historyOf(
  set: DaemonSetObject,
  revisions: readonly Revision[],
  pods: readonly PodObject[],
  taken: (name: string) => Revision | undefined,
): History {
  const data = revisionData(set.spec?.template)
  const equal = revisions.filter((revision) => storesData(revision, data)).sort(byRevision)
  const old = revisions.filter((revision) => !equal.includes(revision))
  const number = Math.max(0, ...old.map(({ revision }) => revision)) + 1
  const unlabelled = revisions.filter(({ metadata }) => metadata?.labels?.[revisionHashLabel] === undefined).map(label)
  const present = equal.at(-1)
  if (present === undefined) return newHistory(set, data, number, old, pods, unlabelled, taken)
  const hash = hashOf(present)
  const duplicates = equal.filter((revision) => revision !== present)
  const relabelled = duplicates.length === 0 ? [] : pods.filter(({ metadata }) => metadata?.labels?.[revisionHashLabel] !== hash)
  const writes = [
    ...unlabelled,
    ...relabelled.map((pod) => patch(Pod, pod, { metadata: { labels: { [revisionHashLabel]: hash } } })),
    ...duplicates.map((revision) => remove(ControllerRevision, revision)),
    ...(present.revision < number ? [renumber(present, number)] : []),
    ...cleanup(set, old, pods),
  ]
  return { hash, writes, collision: false }
}

function newHistory(
  set: DaemonSetObject,
  data: Record<string, unknown>,
  number: number,
  old: readonly Revision[],
  pods: readonly PodObject[],
  writes: readonly Write[],
  taken: (name: string) => Revision | undefined,
): History {
  const hash = podTemplateHash(set.spec?.template, set.status?.collisionCount)
  const name = `${set.metadata?.name}-${hash}`
  if (taken(name) !== undefined) return { hash, writes: [], collision: true }
  const revision: Revision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name,
      namespace: set.metadata?.namespace ?? '',
      labels: { ...set.spec?.template?.metadata?.labels, [revisionHashLabel]: hash },
      ...(set.metadata?.annotations === undefined ? {} : { annotations: set.metadata.annotations }),
      ownerReferences: [controllerReference(set, DaemonSet)],
    },
    data,
    revision: number,
  }
  return { hash, writes: [...writes, create(ControllerRevision, revision), ...cleanup(set, old, pods)], collision: false }
}

/** Revisions from before the label was introduced are known by their name. */
function label(revision: Revision): Write {
  return patch(ControllerRevision, revision, { metadata: { labels: { [revisionHashLabel]: hashOf(revision) } } })
}

function hashOf({ metadata }: Revision): string {
  return metadata?.labels?.[revisionHashLabel] ?? metadata?.name ?? ''
}

/** Deletes the oldest revisions without pods, beyond revisionHistoryLimit. */
function cleanup(set: DaemonSetObject, old: readonly Revision[], pods: readonly PodObject[]): Write[] {
  const live = new Set(pods.map(({ metadata }) => metadata?.labels?.[revisionHashLabel]))
  const excess = old.length - (set.spec?.revisionHistoryLimit ?? 10)
  if (excess <= 0) return []
  const dead = [...old].sort(byRevision).filter((revision) => !live.has(revision.metadata?.labels?.[revisionHashLabel]))
  return dead.slice(0, excess).map((revision) => remove(ControllerRevision, revision))
}
