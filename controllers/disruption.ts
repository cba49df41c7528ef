// Keeps the status of PodDisruptionBudgets: how many pods there should be, how many are healthy, how many may go.
// https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets
import type { Pod as PodObject } from '../openapi/types/core/v1.ts'
import type { Condition, LabelSelector } from '../openapi/types/meta/v1.ts'
import type { PodDisruptionBudget as BudgetObject, PodDisruptionBudgetStatus as BudgetStatus } from '../openapi/types/policy/v1.ts'
import { Deployment } from '../src/api/apps/deployment.ts'
import { labelSelectorMatches } from '../src/api/apps/label-selector.ts'
import { scaledValue } from '../src/api/apps/queries.ts'
import { ReplicaSet } from '../src/api/apps/replicaset.ts'
import { StatefulSet } from '../src/api/apps/statefulset.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { isPodReady } from '../src/api/core/pod/queries.ts'
import { ReplicationController } from '../src/api/core/replicationcontroller.ts'
import { PodDisruptionBudget } from '../src/api/policy/poddisruptionbudget.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import { type KubeObject, type OwnerReference, objectKey, splitApiVersion, splitKey } from '../src/apimachinery/meta.ts'
import { defineController, type ReadsOf } from '../src/controller/define.ts'
import { controllerOf } from '../src/controller/owners.ts'
import { event, nothing, type PlanPart, plan, requeueAfter, status } from '../src/controller/plan.ts'
import { staleDisruption, staleKey, stalePodName } from './shared/stale-disruption.ts'

/** A pod whose eviction was granted should be seen as deleted within this time; upstream's DeletionTimeout. */
const deletionTimeoutMs = 120_000

const reads = {
  pods: Pod,
  budgets: PodDisruptionBudget,
  replicaSets: ReplicaSet,
  deployments: Deployment,
  statefulSets: StatefulSet,
  controllers: ReplicationController,
}

export const disruption = defineController({
  name: 'disruption',
  for: PodDisruptionBudget,
  reads,
  watches: [
    {
      kind: Pod,
      map: (pod: PodObject, { budgets }, previous: PodObject | undefined) => {
        const concerned = budgets
          .list(pod.metadata?.namespace)
          .filter((budget) => selects(budget, pod) || (previous !== undefined && selects(budget, previous)))
        const stale = staleKey(pod)
        return [...concerned.map(objectKey), ...(stale === undefined ? [] : [stale])]
      },
    },
  ],
  reconcile(budget, listers, { now }) {
    const pods = listers.pods.list(budget.metadata?.namespace).filter((pod) => selects(budget, pod))
    const none = pods.length === 0 ? event('Normal', 'NoPods', 'No matching pods found') : undefined
    const expected = expectation(budget, pods, listers)
    if ('error' in expected) {
      const message = `Failed to calculate the number of expected pods: ${expected.error}`
      return plan(none, event('Warning', 'CalculateExpectedPodCountFailed', message), failSafe(budget, expected.error, now))
    }
    const disrupted = disruptedPods(budget, pods, now)
    const healthy = pods.filter((pod) => isPodReady(pod) && !isGoing(pod) && !disrupted.kept.has(pod.metadata?.name ?? '')).length
    return plan(
      none,
      expected.unmanaged ? event('Warning', 'UnmanagedPods', unmanagedText(budget)) : undefined,
      ...disrupted.notices,
      status(PodDisruptionBudget, budget, budgetStatus(budget, { healthy, ...expected }, disrupted.kept, now)),
      requeueAfter(disrupted.recheckMs),
    )
  },
  /** Some keys are about pods: those that were to be disrupted. */
  absent(key, { pods }, { now }) {
    const { name, namespace } = splitKey(key)
    const pod = stalePodName(name)
    return pod === undefined ? nothing : staleDisruption(pods.get(pod, namespace), now)
  },
})

type Reads = ReadsOf<typeof reads>

function selects({ spec }: BudgetObject, pod: PodObject): boolean {
  return labelSelectorMatches(spec?.selector, pod.metadata?.labels)
}

function isGoing({ metadata }: PodObject): boolean {
  return metadata?.deletionTimestamp !== undefined
}

interface Expectation {
  expected: number
  desired: number
  /** There are pods without controller: their number is not known to be right. */
  unmanaged: boolean
}

function expectation({ spec }: BudgetObject, pods: readonly PodObject[], listers: Reads): Expectation | { error: string } {
  const { maxUnavailable, minAvailable } = spec ?? {}
  if (maxUnavailable === undefined && typeof minAvailable !== 'string') {
    return { expected: minAvailable === undefined ? 0 : pods.length, desired: minAvailable ?? 0, unmanaged: false }
  }
  const scale = expectedScale(pods, listers)
  if ('error' in scale) return scale
  const { expected } = scale
  const desired =
    maxUnavailable === undefined
      ? scaledValue(minAvailable, expected, 'up')
      : Math.max(0, expected - scaledValue(maxUnavailable, expected, 'up'))
  return { ...scale, desired }
}

/** The sum of what the pods' controllers want. */
function expectedScale(pods: readonly PodObject[], listers: Reads): { expected: number; unmanaged: boolean } | { error: string } {
  const scales = new Map<string, number>()
  let unmanaged = false
  for (const pod of pods) {
    const owner = controllerOf(pod)
    if (owner === undefined) {
      unmanaged = true
      continue
    }
    if (scales.has(owner.uid)) continue
    const found = scaleOf(owner, pod.metadata?.namespace, listers)
    if (found === undefined) return { error: refusal(owner, pod) }
    scales.set(found.uid, found.replicas)
  }
  return { expected: [...scales.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged }
}

/** The scale of a controller; a ReplicaSet of a Deployment has the Deployment's. */
function scaleOf(owner: OwnerReference, namespace: string | undefined, listers: Reads): { uid: string; replicas: number } | undefined {
  const { group } = splitApiVersion(owner.apiVersion)
  const replicasOf = (object: (KubeObject & { spec?: { replicas?: number } }) | undefined, uid: string) =>
    object?.metadata?.uid === uid ? { uid, replicas: object.spec?.replicas ?? 1 } : undefined
  if (owner.kind === 'StatefulSet' && group === 'apps') return replicasOf(listers.statefulSets.get(owner.name, namespace), owner.uid)
  if (owner.kind === 'ReplicationController' && group === '') return replicasOf(listers.controllers.get(owner.name, namespace), owner.uid)
  if (owner.kind !== 'ReplicaSet' || (group !== 'apps' && group !== 'extensions')) return undefined
  const set = listers.replicaSets.get(owner.name, namespace)
  const above = set?.metadata?.uid === owner.uid ? controllerOf(set) : undefined
  if (above?.kind !== 'Deployment') return replicasOf(set, owner.uid)
  return replicasOf(listers.deployments.get(above.name, namespace), above.uid)
}

const withoutScale: Readonly<Record<string, string>> = { DaemonSet: 'daemonsets.apps', Job: 'jobs.batch' }

function refusal({ kind }: OwnerReference, { metadata }: PodObject): string {
  const resource = Object.hasOwn(withoutScale, kind) ? withoutScale[kind] : undefined
  return resource === undefined
    ? `found no controllers for pod ${JSON.stringify(metadata?.name)}`
    : `${resource} does not implement the scale subresource`
}

/** Evicted pods that are not seen as deleted yet; after two minutes it is assumed that they will not be. */
function disruptedPods(budget: BudgetObject, pods: readonly PodObject[], now: number) {
  const kept = new Map<string, string>()
  const notices: PlanPart[] = []
  let recheckMs: number | undefined
  const { namespace } = budget.metadata ?? {}
  const disrupted = new Map(Object.entries(budget.status?.disruptedPods ?? {}))
  for (const pod of pods.filter((each) => !isGoing(each))) {
    const since = disrupted.get(pod.metadata?.name ?? '')
    if (since === undefined) continue
    const left = Date.parse(since) + deletionTimeoutMs - now
    if (left < 0) {
      // the namespace stands twice in upstream's text
      const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`
      notices.push(event('Warning', 'NotDeleted', message, { apiVersion: 'v1', kind: 'Pod', ...pod }))
      continue
    }
    recheckMs = Math.min(recheckMs ?? left + 1, left + 1)
    kept.set(pod.metadata?.name ?? '', since)
  }
  return { kept, notices, recheckMs }
}

function budgetStatus(
  budget: BudgetObject,
  { healthy, expected, desired }: { healthy: number; expected: number; desired: number },
  disrupted: ReadonlyMap<string, string>,
  now: number,
): BudgetStatus {
  const generation = budget.metadata?.generation
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired)
  const condition = { status: allowed > 0 ? 'True' : 'False', reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods', message: '' }
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(disrupted.size === 0 ? {} : { disruptedPods: Object.fromEntries(disrupted) }),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: withCondition(budget.status?.conditions, condition, generation, now),
  }
}

/** Nothing may go while the numbers are not known. */
function failSafe(budget: BudgetObject, message: string, now: number): PlanPart {
  const condition = { status: 'False', reason: 'SyncFailed', message }
  const generation = budget.status?.observedGeneration
  const empty = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  const conditions = withCondition(budget.status?.conditions, condition, generation, now)
  return status(PodDisruptionBudget, budget, { ...empty, ...budget.status, disruptionsAllowed: 0, conditions })
}

function withCondition(
  conditions: readonly Condition[] | undefined,
  fresh: { status: string; reason: string; message: string },
  generation: number | undefined,
  now: number,
): Condition[] {
  const list = conditions ?? []
  const before = list.find(({ type }) => type === 'DisruptionAllowed')
  const lastTransitionTime = before?.status === fresh.status ? before.lastTransitionTime : timestamp(now)
  const next: Condition = {
    type: 'DisruptionAllowed',
    ...fresh,
    lastTransitionTime,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
  return before === undefined ? [...list, next] : list.map((condition) => (condition === before ? next : condition))
}

function unmanagedText({ spec }: BudgetObject): string {
  return `Pods selected by this PodDisruptionBudget (selector: ${goSelector(spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`
}

/** A selector as Go's generated String method writes it. */
function goSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil'
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  const map = labels.map(([key, value]) => `${key}: ${value},`).join('')
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}
