// What ReplicaSet and ReplicationController share: pods from a template, whom to delete first, status, conditions. Pure.
import type { Pod as PodObject, PodTemplateSpec } from '../../openapi/types/core/v1.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { isPodAvailable, isPodReady, isRestartableInitContainer, podCondition } from '../../src/api/core/pod/queries.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { controllerReference } from '../../src/controller/owners.ts'
import { create, type Plan, type PlannedEvent, recordedStep, remove } from '../../src/controller/plan.ts'

/** Upstream's BurstReplicas: at most this many creates or deletes in one reconcile. */
export const burstReplicas = 500

/** The pod that `owner` makes of its template. */
export function podFromTemplate(owner: KubeObject, ownerKind: Kind, template: PodTemplateSpec | undefined): PodObject {
  const name = owner.metadata?.name ?? ''
  // upstream's prefix: "<name>-", or the bare name when that would make no valid pod name
  const generateName = name.length < 253 ? `${name}-` : name
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName,
      namespace: owner.metadata?.namespace ?? '',
      ...copied('labels', template?.metadata?.labels),
      ...copied('annotations', template?.metadata?.annotations),
      ...(template?.metadata?.finalizers === undefined ? {} : { finalizers: template.metadata.finalizers }),
      ownerReferences: [controllerReference(owner, ownerKind)],
    },
    ...(template?.spec === undefined ? {} : { spec: template.spec }),
  }
}

/** One step that creates `count` pods, with upstream's events. */
export function createPods(owner: KubeObject, ownerKind: Kind, template: PodTemplateSpec | undefined, count: number): Plan {
  const pod = podFromTemplate(owner, ownerKind, template)
  const writes = Array.from({ length: Math.min(count, burstReplicas) }, () => ({
    write: create(Pod, pod),
    outcome: {
      success: (answer: KubeObject | undefined): PlannedEvent => normal('SuccessfulCreate', `Created pod: ${answer?.metadata?.name}`),
      failure: (error: Error): PlannedEvent => warning('FailedCreate', `Error creating: ${error.message}`),
    },
  }))
  return recordedStep(writes)
}

/** One step that deletes `count` of `pods`, those first that are missed least. */
export function deletePods(pods: readonly PodObject[], related: readonly PodObject[], count: number, now: number): Plan {
  const onNode = new Map<string, number>()
  for (const { spec } of related) {
    if (spec?.nodeName) onNode.set(spec.nodeName, (onNode.get(spec.nodeName) ?? 0) + 1)
  }
  const rank = (pod: PodObject) => onNode.get(pod.spec?.nodeName ?? '') ?? 0
  const chosen = count >= pods.length ? [...pods] : [...pods].sort((a, b) => deletionOrder(a, b, rank, now)).slice(0, count)
  return recordedStep(
    chosen.slice(0, burstReplicas).map((pod) => ({
      write: remove(Pod, pod),
      outcome: {
        success: () => normal('SuccessfulDelete', `Deleted pod: ${pod.metadata?.name}`),
        failure: (error: Error) => warning('FailedDelete', `Error deleting: ${error.message}`),
      },
    })),
  )
}

const phaseOrder: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 }
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'

/** Negative when `a` is to go before `b`; the order of upstream's ActivePodsWithRanks. */
export function deletionOrder(a: PodObject, b: PodObject, rank: (pod: PodObject) => number, now: number): number {
  const assigned = (pod: PodObject) => (pod.spec?.nodeName ? 1 : 0)
  const phase = (pod: PodObject) => phaseOrder[pod.status?.phase ?? ''] ?? 0
  const ready = (pod: PodObject) => (isPodReady(pod) ? 1 : 0)
  const first = assigned(a) - assigned(b) || phase(a) - phase(b) || ready(a) - ready(b) || cost(a) - cost(b) || rank(b) - rank(a)
  if (first !== 0) return first
  const byUid = (a.metadata?.uid ?? '') < (b.metadata?.uid ?? '') ? -1 : 1
  if (ready(a) === 1 && readySince(a) !== readySince(b)) return youngerFirst(readySince(a), readySince(b), now) || byUid
  const restarts = maxRestarts(b, 'containers') - maxRestarts(a, 'containers') || maxRestarts(b, 'sidecars') - maxRestarts(a, 'sidecars')
  if (restarts !== 0) return restarts
  return youngerFirst(a.metadata?.creationTimestamp, b.metadata?.creationTimestamp, now) || byUid
}

/** The pod's deletion cost; what is no plain int32 counts as 0. */
function cost(pod: PodObject): number {
  const text = pod.metadata?.annotations?.[deletionCost] ?? '0'
  const value = /^(0|-?[1-9][0-9]*)$/.test(text) ? Number(text) : 0
  return Math.abs(value) <= 2 ** 31 - 1 ? value : 0
}

/** Ages compare by power of two (KEP-2185), so that a few seconds do not always hit the newest. A time that is not known is the youngest. */
function youngerFirst(a: string | undefined, b: string | undefined, now: number): number {
  const bucket = (since: string | undefined) => {
    const nanoseconds = since === undefined ? 0 : (now - Date.parse(since)) * 1e6
    return nanoseconds <= 0 ? -1 : Math.floor(Math.log2(nanoseconds))
  }
  return bucket(a) - bucket(b)
}

function readySince(pod: PodObject): string | undefined {
  return podCondition(pod, 'Ready')?.lastTransitionTime
}

/** The most restarts of any one container. */
function maxRestarts({ spec, status }: PodObject, of: 'containers' | 'sidecars'): number {
  const sidecars = new Set((spec?.initContainers ?? []).filter(isRestartableInitContainer).map(({ name }) => name))
  const statuses = of === 'containers' ? status?.containerStatuses : status?.initContainerStatuses?.filter(({ name }) => sidecars.has(name))
  return Math.max(0, ...(statuses ?? []).map(({ restartCount }) => restartCount))
}

export interface ReplicaCounts {
  replicas: number
  fullyLabeledReplicas: number
  readyReplicas: number
  availableReplicas: number
}

/** Counts of active pods for the status. */
export function replicaCounts(
  pods: readonly PodObject[],
  templateLabels: Readonly<Record<string, string>>,
  minReadySeconds: number,
  now: number,
): ReplicaCounts {
  const wanted = Object.entries(templateLabels)
  const labelled = pods.filter(({ metadata }) => wanted.every(([key, value]) => metadata?.labels?.[key] === value))
  const ready = pods.filter(isPodReady)
  return {
    replicas: pods.length,
    fullyLabeledReplicas: labelled.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isPodAvailable(pod, minReadySeconds, now)).length,
  }
}

/** The status with the ReplicaFailure condition, unless that stands already. */
export function withFailure<S extends { conditions?: { type: string; status: string }[] }>(
  counts: S,
  missing: number,
  error: Error,
  now: number,
): S {
  const conditions = counts.conditions ?? []
  if (conditions.some(({ type }) => type === 'ReplicaFailure')) return counts
  const reason = missing > 0 ? 'FailedCreate' : 'FailedDelete'
  const failure = { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(now), reason, message: error.message }
  return { ...counts, conditions: [...conditions, failure] }
}

/** Milliseconds until the next ready pod becomes available; undefined when none waits. */
export function nextAvailability(pods: readonly PodObject[], minReadySeconds: number, now: number): number | undefined {
  if (minReadySeconds === 0) return undefined
  const waits = pods
    .filter((pod) => isPodReady(pod) && !isPodAvailable(pod, minReadySeconds, now))
    .map((pod) => Date.parse(readySince(pod) ?? '') + minReadySeconds * 1000 - now)
    .filter((wait) => wait > 0)
  return waits.length === 0 ? undefined : Math.min(...waits)
}

export function normal(reason: string, message: string): PlannedEvent {
  return { type: 'Normal', reason, message }
}

export function warning(reason: string, message: string): PlannedEvent {
  return { type: 'Warning', reason, message }
}

function copied<K extends string>(key: K, map: Readonly<Record<string, string>> | undefined): { [P in K]?: Record<string, string> } {
  return (map === undefined ? {} : { [key]: map }) as { [P in K]?: Record<string, string> }
}
