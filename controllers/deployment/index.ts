// Rolls a Deployment's pods from ReplicaSet to ReplicaSet.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
import type { Deployment as DeploymentObject, ReplicaSet as ReplicaSetObject } from '../../openapi/types/apps/v1.ts'
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { isEmptySelector, labelSelectorMatches } from '../../src/api/apps/label-selector.ts'
import { ReplicaSet } from '../../src/api/apps/replicaset.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { isPodTerminal } from '../../src/api/core/pod/queries.ts'
import { isAlreadyExists } from '../../src/apimachinery/api-error.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import { defineController, type Lister } from '../../src/controller/define.ts'
import { claim, controllerOf } from '../../src/controller/owners.ts'
import {
  event,
  type Plan,
  type PlannedEvent,
  type PlanPart,
  patch,
  plan,
  recordedStep,
  remove,
  requeueAfter,
  status,
} from '../../src/controller/plan.ts'
import { newSet } from './new-set.ts'
import {
  activeSets,
  currentTarget,
  desiredAnnotation,
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
import { deploymentStatus, hasDeadline, isComplete, progress, type StatusChange, setCondition, stuckCheck } from './status.ts'

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
      const observed = { ...one.status, observedGeneration: one.metadata?.generation }
      const message = 'This deployment is selecting all pods. A non-empty selector is required.'
      return plan(event('Warning', 'SelectingAll', message), status(Deployment, one, observed))
    }
    const matches = (set: ReplicaSetObject) => labelSelectorMatches(one.spec?.selector, set.metadata?.labels)
    const { claimed, writes } = claim(one, Deployment, ReplicaSet, replicaSets.list(one.metadata?.namespace), matches)
    const rollout = { one, sets: sortSets(one, claimed), taken: (name: string) => replicaSets.get(name, one.metadata?.namespace), now }
    return plan(writes, phase(rollout, pods))
  },
})

interface Rollout {
  one: DeploymentObject
  sets: Sets
  /** Looks a ReplicaSet up by name, whoever owns it. */
  taken: (name: string) => ReplicaSetObject | undefined
  now: number
}

function phase(rollout: Rollout, pods: Lister<PodObject>): Plan {
  const { one, sets } = rollout
  if (one.metadata?.deletionTimestamp !== undefined) return plan(upkeep(rollout), statusPart(rollout))
  if (one.spec?.paused === true || isScaling(one, sets)) {
    const sized = resize(one, sets, scaledSizes(one, sets))
    return plan(upkeep(rollout), sized, one.spec?.paused ? history(rollout) : undefined, statusPart(rollout))
  }
  return one.spec?.strategy?.type === 'Recreate' ? recreate(rollout, pods) : rolling(rollout)
}

function rolling(rollout: Rollout): Plan {
  const { one, sets } = rollout
  if (sets.current === undefined) return makeNewSet(rollout, currentTarget(one, sets.all, undefined))
  return plan(upkeep(rollout), resize(one, sets, rollingSizes(one, sets)), finished(rollout), statusPart(rollout, { rollout: true }))
}

function recreate(rollout: Rollout, pods: Lister<PodObject>): Plan {
  const { one, sets } = rollout
  if (activeSets(sets.old).length > 0)
    return plan(upkeep(rollout), resize(one, sets, zeroSizes(sets.old)), statusPart(rollout, { rollout: true }))
  const running = statusReplicas(sets.old) > 0 || sets.old.some((set) => pods.ownedBy(set).some((pod) => !isPodTerminal(pod)))
  if (running) return plan(upkeep(rollout), statusPart(rollout, { rollout: true }))
  const wanted = one.spec?.replicas ?? 0
  if (sets.current === undefined) return makeNewSet(rollout, wanted)
  const sizes: Sizes = sets.current.spec?.replicas === wanted ? new Map() : new Map([[sets.current, wanted]])
  return plan(upkeep(rollout), resize(one, sets, sizes), finished(rollout), statusPart(rollout, { rollout: true }))
}

/** Creates the new set; when its name is taken by a set of another template, the collision count gives it another. */
function makeNewSet(rollout: Rollout, size: number): Plan {
  const { one, sets, taken, now } = rollout
  const { write, name, collision } = newSet(one, sets, size, taken)
  if (collision) {
    const collisionCount = (one.status?.collisionCount ?? 0) + 1
    return plan(status(Deployment, one, { ...one.status, collisionCount }))
  }
  const made: StatusChange = { rollout: true, progress: progress('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`) }
  const failed = (error: Error) => `Failed to create new replica set "${name}": ${error.message}`
  const created = recordedStep([
    {
      write,
      outcome: {
        ...(size > 0 ? { success: () => scaled(`Scaled up replica set ${name} from 0 to ${size}`) } : {}),
        failure: (error) =>
          isAlreadyExists(error) ? undefined : { type: 'Warning', reason: 'ReplicaSetCreateError', message: failed(error) },
      },
    },
  ])
  return plan(created, statusPart(rollout, made, nextRevision(sets)), {
    onFailure: (error, refused) => {
      // a name that is taken: the cache will tell by whom
      if (refused !== write || isAlreadyExists(error) || !hasDeadline(one)) return undefined
      const conditions = setCondition(one.status?.conditions ?? [], progress('False', 'ReplicaSetCreateError', failed(error)), now)
      return status(Deployment, one, { ...one.status, conditions })
    },
  })
}

/** Keeps the new set's annotations and minReadySeconds in step. */
function upkeep({ one, sets }: Rollout): PlanPart {
  const { current } = sets
  if (current === undefined) return undefined
  const annotations = setAnnotations(one, current, nextRevision(sets))
  const before = current.metadata?.annotations ?? {}
  const changed = Object.entries(annotations).filter(([key, value]) => before[key] !== value)
  const minReady = one.spec?.minReadySeconds ?? 0
  const spec = (current.spec?.minReadySeconds ?? 0) === minReady ? {} : { spec: { minReadySeconds: minReady } }
  const metadata = changed.length === 0 ? {} : { metadata: { annotations: Object.fromEntries(changed) } }
  return Object.keys({ ...spec, ...metadata }).length === 0 ? undefined : patch(ReplicaSet, current, { ...metadata, ...spec })
}

function resize(one: DeploymentObject, { all }: Sets, sizes: Sizes): Plan {
  const annotations = sizeAnnotations(one)
  const parts = all.flatMap((set) => {
    const has = set.spec?.replicas ?? 0
    const target = sizes.get(set)
    const stale = (keys: readonly string[]) => keys.some((key) => set.metadata?.annotations?.[key] !== annotations[key])
    // an active set that remembers another size would pass for scaling for ever
    const forgetful = has > 0 && set.metadata?.annotations?.[desiredAnnotation] !== undefined && stale([desiredAnnotation])
    if (target === undefined ? !forgetful : target === has && !stale(Object.keys(annotations))) return []
    const size = target ?? has
    const write = patch(ReplicaSet, set, { metadata: { annotations }, spec: { replicas: size } })
    const message = `Scaled ${size > has ? 'up' : 'down'} replica set ${set.metadata?.name} from ${has} to ${size}`
    return [recordedStep([{ write, outcome: size === has ? {} : { success: () => scaled(message) } }])]
  })
  return plan(...parts)
}

function scaled(message: string): PlannedEvent {
  return { type: 'Normal', reason: 'ScalingReplicaSet', message }
}

/** Old sets are cleaned up once the rollout is complete. */
function finished(rollout: Rollout): Plan | undefined {
  const { one } = rollout
  const seen = (one.status?.observedGeneration ?? 0) >= (one.metadata?.generation ?? 0)
  return seen && isComplete(one, one.status ?? {}) ? history(rollout) : undefined
}

/** Deletes the oldest empty sets beyond revisionHistoryLimit. */
function history({ one, sets }: Rollout): Plan {
  const limit = one.spec?.revisionHistoryLimit ?? 2_147_483_647
  const alive = sets.old.filter((set) => set.metadata?.deletionTimestamp === undefined).sort((a, b) => revisionOf(a) - revisionOf(b))
  const excess = alive.slice(0, Math.max(0, alive.length - limit))
  const empty = excess.filter(
    (set) =>
      statusReplicas([set]) === 0 &&
      (set.spec?.replicas ?? 0) === 0 &&
      (set.metadata?.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
  )
  return plan(...empty.map((set) => remove(ReplicaSet, set)))
}

/** The status, and with it the deployment's own revision: one write. */
function statusPart(rollout: Rollout, change: StatusChange = {}, revision?: number): Plan {
  const { one, sets, now } = rollout
  const next = deploymentStatus(one, sets, now, change)
  const number = revision ?? (sets.current === undefined ? undefined : nextRevision(sets))
  const annotations = number === undefined ? undefined : { [revisionAnnotation]: String(number) }
  return plan(status(Deployment, one, next, annotations), requeueAfter(stuckCheck(one, next, now)))
}
