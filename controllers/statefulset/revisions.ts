// The revisions of a StatefulSet: which is current, which is the update, what is to be written about them. Pure.
import type { ControllerRevision as Revision, StatefulSet as StatefulSetObject } from '../../openapi/types/apps/v1.ts'
import type { Pod } from '../../openapi/types/core/v1.ts'
import { ControllerRevision } from '../../src/api/apps/controllerrevision.ts'
import { StatefulSet } from '../../src/api/apps/statefulset.ts'
import { controllerRevisionHash } from '../../src/apimachinery/hash.ts'
import { controllerReference } from '../../src/controller/owners.ts'
import { create, remove, type Write } from '../../src/controller/plan.ts'
import { byRevision, goJson, renumber, revisionData, storesData } from '../shared/controller-revision.ts'
import { podRevision } from './identity.ts'

/** Label of a revision with the hash in its name. */
const hashLabel = 'controller.kubernetes.io/hash'

export interface Revisions {
  current: Revision
  update: Revision
  collisionCount: number
  /** Creation or renumbering of the update revision. */
  write: Write | undefined
}

/** The set's revisions; `taken` looks one up by name, to step round names that other data holds. */
export function revisionsOf(
  set: StatefulSetObject,
  history: readonly Revision[],
  taken: (name: string) => Revision | undefined,
): Revisions {
  const sortedHistory = [...history].sort(byRevision)
  const data = revisionData(set.spec?.template)
  const latest = sortedHistory.at(-1)
  const equal = sortedHistory.filter((revision) => storesData(revision, data)).at(-1)
  const number = (latest?.revision ?? 0) + 1
  const found = (update: Revision, collisionCount: number, write?: Write): Revisions => ({
    current: sortedHistory.find(({ metadata }) => metadata?.name === set.status?.currentRevision) ?? update,
    update,
    collisionCount,
    write,
  })
  const collisions = set.status?.collisionCount ?? 0
  if (equal !== undefined && equal === latest) return found(equal, collisions)
  if (equal !== undefined) return found({ ...equal, revision: number }, collisions, renumber(equal, number))
  const { revision, collisionCount } = newRevision(set, data, number, collisions, taken)
  return found(revision, collisionCount, create(ControllerRevision, revision))
}

function newRevision(
  set: StatefulSetObject,
  data: Record<string, unknown>,
  number: number,
  collisions: number,
  taken: (name: string) => Revision | undefined,
): { revision: Revision; collisionCount: number } {
  const bytes = goJson(data)
  let collisionCount = collisions
  let name = revisionName(set, controllerRevisionHash(bytes, collisionCount))
  while (taken(name) !== undefined) name = revisionName(set, controllerRevisionHash(bytes, ++collisionCount))
  const revision: Revision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name,
      namespace: set.metadata?.namespace ?? '',
      // the label keeps the hash of the first attempt
      labels: { ...set.spec?.template?.metadata?.labels, [hashLabel]: controllerRevisionHash(bytes, collisions) },
      ...(set.metadata?.annotations === undefined ? {} : { annotations: set.metadata.annotations }),
      ownerReferences: [controllerReference(set, StatefulSet)],
    },
    data,
    revision: number,
  }
  return { revision, collisionCount }
}

function revisionName(set: StatefulSetObject, hash: string): string {
  return `${(set.metadata?.name ?? '').slice(0, 223)}-${hash}`
}

/** Deletes the oldest revisions that nothing refers to, beyond revisionHistoryLimit. */
export function truncation(
  set: StatefulSetObject,
  history: readonly Revision[],
  { current, update }: Revisions,
  pods: readonly Pod[],
): Write[] {
  const live = new Set([current.metadata?.name, update.metadata?.name, ...pods.map(podRevision)])
  const dead = [...history].sort(byRevision).filter(({ metadata }) => !live.has(metadata?.name))
  const limit = set.spec?.revisionHistoryLimit ?? 10
  return limit < 0 ? [] : dead.slice(0, Math.max(0, dead.length - limit)).map((revision) => remove(ControllerRevision, revision))
}
