// Rolls a Deployment's pods from ReplicaSet to ReplicaSet.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
import type { Deployment as DeploymentObject, ReplicaSet as ReplicaSetObject } from '../../openapi/types/apps/v1.ts'
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { isEmptySelector, labelSelectorMatches } from '../../src/api/apps/label-selector.ts'
import { ReplicaSet } from '../../src/api/apps/replicaset.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { isPodTerminal } from '../../src/api/core/pod/queries.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import { defineController, type Lister } from '../../src/controller/define.ts'
import { claim, controllerOf } from '../../src/controller/owners.ts'
import { event, type Plan, type PlanPart, patch, plan, remove, requeueAfter, status } from '../../src/controller/plan.ts'
import { newSet } from './new-set.ts'
import {
  activeSets,
  currentTarget,
  nextRevision,
  revisionAnnotation,
  revisionOf,
  type Sets,
  setAnnotations,
  sizeAnnotations,
  sortSets,
  statusReplicas,
} from './replicasets.ts'
import { isScaling, rollingSizes, type Sizes, scaledSizes, zeroSizes } from './scaling.ts'
import { deploymentStatus, isComplete, type StatusChange, stuckCheck } from './status.ts'

export const deployment = defineController({
  name: 'deployment',
  for: Deployment,
  owns: [ReplicaSet],
  reads: { replicaSets: ReplicaSet, pods: Pod, deployments: Deployment },
  watches: [
    {
      kind: ReplicaSet,
      map: (set: ReplicaSetObject, { deployments }) =>
        controllerOf(set) !== undefined || set.metadata?.deletionTimestamp !== undefined
          ? []
          : deployments
              .list(set.metadata?.namespace)
              .filter((one) => labelSelectorMatches(one.spec?.selector, set.metadata?.labels))
              .map(objectKey),
    },
    {
      // Recreate waits for the last old pod to be gone
      kind: Pod,
      map: (pod: PodObject, { replicaSets, deployments }) => {
        const owner = pod.metadata?.deletionTimestamp === undefined && !isPodTerminal(pod) ? undefined : controllerOf(pod)
        const set = owner?.kind === 'ReplicaSet' ? replicaSets.get(owner.name, pod.metadata?.namespace) : undefined
        const name = set === undefined ? undefined : controllerOf(set)?.name
        const one = name === undefined ? undefined : deployments.get(name, pod.metadata?.namespace)
        return one?.spec?.strategy?.type === 'Recreate' ? [objectKey(one)] : []
      },
    },
  ],
  reconcile(one, { replicaSets, pods }, { now }) {
    if (isEmptySelector(one.spec?.selector ?? {})) {
      return plan(event('Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.'))
    }
    const matches = (set: ReplicaSetObject) => labelSelectorMatches(one.spec?.selector, set.metadata?.labels)
    const candidates = replicaSets.list(one.metadata?.namespace)
    const { claimed, writes } = claim(one, Deployment, ReplicaSet, candidates, matches)
    const sets = sortSets(one, claimed)
    if (one.metadata?.deletionTimestamp !== undefined) return plan(writes, statusPart(one, sets, now))
    const adopted = plan(writes)
    if (one.spec?.paused === true || isScaling(one, sets)) {
      return plan(
        adopted,
        resize(one, sets, scaledSizes(one, sets)),
        one.spec?.paused ? history(one, sets) : undefined,
        statusPart(one, sets, now),
      )
    }
    return plan(
      adopted,
      one.spec?.strategy?.type === 'Recreate' ? recreate(one, sets, pods, replicaSets, now) : rolling(one, sets, replicaSets, now),
    )
  },
})

function rolling(one: DeploymentObject, sets: Sets, replicaSets: Lister<ReplicaSetObject>, now: number): Plan {
  if (sets.current === undefined) return makeNewSet(one, sets, replicaSets, currentTarget(one, sets.all, undefined), now)
  return plan(
    upkeep(one, sets),
    resize(one, sets, rollingSizes(one, sets)),
    isComplete(one, deploymentStatus(one, sets, now)) ? history(one, sets) : undefined,
    statusPart(one, sets, now, found(one, sets)),
    annotateRevision(one, String(nextRevision(sets))),
  )
}

function recreate(one: DeploymentObject, sets: Sets, pods: Lister<PodObject>, replicaSets: Lister<ReplicaSetObject>, now: number): Plan {
  if (activeSets(sets.old).length > 0) return plan(resize(one, sets, zeroSizes(sets.old)), statusPart(one, sets, now))
  const running = sets.old.some((set) => pods.ownedBy(set).some((pod) => !isPodTerminal(pod)))
  if (running) return plan(statusPart(one, sets, now))
  if (sets.current === undefined) return makeNewSet(one, sets, replicaSets, one.spec?.replicas ?? 0, now)
  const wanted = one.spec?.replicas ?? 0
  return plan(
    upkeep(one, sets),
    resize(one, sets, sets.current.spec?.replicas === wanted ? new Map() : new Map([[sets.current, wanted]])),
    isComplete(one, deploymentStatus(one, sets, now)) ? history(one, sets) : undefined,
    statusPart(one, sets, now, found(one, sets)),
    annotateRevision(one, String(nextRevision(sets))),
  )
}

/** Creates the new set; when its name is taken by a set of another template, the collision count gives it another. */
function makeNewSet(one: DeploymentObject, sets: Sets, replicaSets: Lister<ReplicaSetObject>, size: number, now: number): Plan {
  const { write, name, collision } = newSet(one, sets, size, (taken) => replicaSets.get(taken, one.metadata?.namespace))
  if (collision) return plan(statusPart(one, sets, now, { collisionCount: (one.status?.collisionCount ?? 0) + 1 }))
  const made: StatusChange = { progress: { reason: 'NewReplicaSetCreated', message: `Created new replica set "${name}"` } }
  const revision = String(nextRevision(sets))
  return plan(
    write,
    size > 0 ? event('Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${size}`) : undefined,
    statusPart(one, sets, now, made),
    annotateRevision(one, revision),
    {
      onFailure: (error) =>
        status(
          Deployment,
          one,
          deploymentStatus(one, sets, now, {
            progress: { reason: 'ReplicaSetCreateError', message: `Failed to create new replica set "${name}": ${error.message}` },
          }),
        ),
    },
  )
}

/** Keeps the new set's annotations and minReadySeconds in step. */
function upkeep(one: DeploymentObject, sets: Sets): PlanPart {
  const { current } = sets
  if (current === undefined) return undefined
  const annotations = setAnnotations(one, current, nextRevision(sets))
  const before = current.metadata?.annotations ?? {}
  const changed = Object.entries(annotations).filter(([key, value]) => before[key] !== value)
  const minReady = one.spec?.minReadySeconds ?? 0
  if (changed.length === 0 && (current.spec?.minReadySeconds ?? 0) === minReady) return undefined
  return patch(ReplicaSet, current, { metadata: { annotations: Object.fromEntries(changed) }, spec: { minReadySeconds: minReady } })
}

/** The deployment's own revision: written through its status, as upstream does, so that the generation stays the user's. */
function annotateRevision(one: DeploymentObject, revision: string): PlanPart {
  if (one.metadata?.annotations?.[revisionAnnotation] === revision) return undefined
  return patch(Deployment, one, { metadata: { annotations: { [revisionAnnotation]: revision } } }, 'status')
}

function resize(one: DeploymentObject, { all }: Sets, sizes: Sizes): Plan {
  const annotations = sizeAnnotations(one)
  const parts: PlanPart[] = []
  for (const set of all) {
    const has = set.spec?.replicas ?? 0
    const target = sizes.get(set) ?? has
    const remembered = Object.entries(annotations).every(([key, value]) => set.metadata?.annotations?.[key] === value)
    if (target === has && (remembered || has === 0)) continue
    parts.push(patch(ReplicaSet, set, { metadata: { annotations }, spec: { replicas: target } }))
    if (target === has) continue
    const word = target > has ? 'up' : 'down'
    parts.push(event('Normal', 'ScalingReplicaSet', `Scaled ${word} replica set ${set.metadata?.name} from ${has} to ${target}`))
  }
  return plan(...parts)
}

/** Deletes the oldest empty sets beyond revisionHistoryLimit. */
function history(one: DeploymentObject, { old }: Sets): Plan {
  const limit = one.spec?.revisionHistoryLimit ?? 10
  const alive = old.filter((set) => set.metadata?.deletionTimestamp === undefined).sort((a, b) => revisionOf(a) - revisionOf(b))
  const excess = alive.slice(0, Math.max(0, alive.length - limit))
  const empty = excess.filter(
    (set) =>
      statusReplicas([set]) === 0 &&
      (set.spec?.replicas ?? 0) === 0 &&
      (set.metadata?.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
  )
  return plan(...empty.map((set) => remove(ReplicaSet, set)))
}

function found(one: DeploymentObject, { current }: Sets): StatusChange {
  const known = one.status?.conditions?.some(({ type }) => type === 'Progressing')
  return known || current === undefined
    ? {}
    : { progress: { reason: 'FoundNewReplicaSet', message: `Found new replica set "${current.metadata?.name}"` } }
}

function statusPart(one: DeploymentObject, sets: Sets, now: number, change: StatusChange = {}): Plan {
  const next = deploymentStatus(one, sets, now, change)
  return plan(status(Deployment, one, next), requeueAfter(stuckCheck(one, next, now)))
}
