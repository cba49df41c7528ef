// The pods of a Job: how they are made and numbered, which are too many. Pure.
import type { Job as JobObject } from '../../openapi/types/batch/v1.ts'
import type { Container, Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { Job } from '../../src/api/batch/job.ts'
import { deletionOrder, podFromTemplate } from '../shared/replica-pods.ts'
import { failureVerdict } from './policies.ts'

/** Keeps an ended pod until the job's status has counted it. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
const indexKey = 'batch.kubernetes.io/job-completion-index'
const failureCountKey = 'batch.kubernetes.io/job-index-failure-count'
const ignoredCountKey = 'batch.kubernetes.io/job-index-ignored-failure-count'
const indexVariable = 'JOB_COMPLETION_INDEX'
/** Longest prefix to which the server adds a random suffix. */
const maxPrefix = 58

export function isTracked({ metadata }: PodObject): boolean {
  return metadata?.finalizers?.includes(trackingFinalizer) ?? false
}

export function isIndexed({ spec }: JobObject): boolean {
  return spec?.completionMode === 'Indexed'
}

/** Whether failures are counted index by index. */
export function limitsPerIndex({ spec }: JobObject): boolean {
  return spec?.backoffLimitPerIndex !== undefined
}

/** The pod's completion index; undefined when it has none or it is broken. */
export function completionIndex({ metadata }: PodObject): number | undefined {
  const text = metadata?.annotations?.[indexKey]
  return text !== undefined && /^\+?\d{1,10}$/.test(text) ? Number(text) : undefined
}

/** The pod's index if the job has it; for jobs without indexes every pod is valid. */
export function hasValidIndex(pod: PodObject, job: JobObject): boolean {
  if (!isIndexed(job)) return true
  const index = completionIndex(pod)
  return index !== undefined && index < (job.spec?.completions ?? 0)
}

/** Failures of the pod's index before it. */
export function indexFailures(pod: PodObject): number {
  return countOf(pod, failureCountKey)
}

/** The same with those a policy ignored. */
export function allIndexFailures(pod: PodObject): number {
  return countOf(pod, failureCountKey) + countOf(pod, ignoredCountKey)
}

function countOf({ metadata }: PodObject, key: string): number {
  const text = metadata?.annotations?.[key] ?? ''
  return /^\d{1,10}$/.test(text) && Number(text) <= 0x7fffffff ? Number(text) : 0
}

/** A pod to create; `replaced` is the failed pod of the same index. */
export function newPod(job: JobObject, index: number | undefined, replaced: PodObject | undefined): PodObject {
  const pod = podFromTemplate(job, Job, job.spec?.template)
  const finalizers = pod.metadata?.finalizers ?? []
  const metadata = { ...pod.metadata, finalizers: finalizers.includes(trackingFinalizer) ? finalizers : [...finalizers, trackingFinalizer] }
  if (index === undefined) return { ...pod, metadata }
  const name = job.metadata?.name ?? ''
  const annotations = { ...metadata.annotations, [indexKey]: String(index), ...(limitsPerIndex(job) ? failureCounts(job, replaced) : {}) }
  const spec = pod.spec ?? { containers: [] }
  return {
    ...pod,
    metadata: { ...metadata, generateName: prefix(name, index), labels: { ...metadata.labels, [indexKey]: String(index) }, annotations },
    spec: {
      ...spec,
      hostname: `${name}-${index}`,
      containers: spec.containers.map(withIndexVariable),
      ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(withIndexVariable) }),
    },
  }
}

function prefix(name: string, index: number): string {
  const tail = `-${index}-`
  return name.length + tail.length > maxPrefix ? `${name.slice(0, maxPrefix - tail.length)}${tail}` : `${name}${tail}`
}

function withIndexVariable(container: Container): Container {
  if (container.env?.some(({ name }) => name === indexVariable)) return container
  const variable = { name: indexVariable, valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexKey}']` } } }
  return { ...container, env: [...(container.env ?? []), variable] }
}

function failureCounts(job: JobObject, replaced: PodObject | undefined): Record<string, string> {
  if (replaced === undefined) return { [failureCountKey]: '0' }
  const counts = failureVerdict(job.spec?.podFailurePolicy, replaced).counts
  const ignored = countOf(replaced, ignoredCountKey) + (counts ? 0 : 1)
  return {
    [failureCountKey]: String(indexFailures(replaced) + (counts ? 1 : 0)),
    ...(ignored > 0 ? { [ignoredCountKey]: String(ignored) } : {}),
  }
}

/** Active pods to delete: doubles and strangers among the indexes first, then those missed least, `atLeast` in all. */
export function podsToRemove(job: JobObject, active: readonly PodObject[], atLeast: number, now: number): PodObject[] {
  const order = (a: PodObject, b: PodObject) => deletionOrder(a, b, () => 0, now)
  const removed: PodObject[] = []
  let left = [...active]
  if (isIndexed(job)) {
    const byIndex = Map.groupBy(active, (pod) => (hasValidIndex(pod, job) ? completionIndex(pod) : undefined))
    left = []
    for (const [index, pods] of [...byIndex].sort(([a = -1], [b = -1]) => a - b)) {
      const sorted = [...pods].sort(order)
      if (index !== undefined) left.push(...sorted.splice(-1))
      removed.push(...sorted)
    }
  }
  return removed.length >= atLeast ? removed : [...removed, ...left.sort(order).slice(0, atLeast - removed.length)]
}
