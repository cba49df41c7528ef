// A deployment's ReplicaSets: which is the new one, what they count, what annotations tie them to it. Pure.
import type { Deployment, ReplicaSet } from '../../openapi/types/apps/v1.ts'
import type { PodTemplateSpec } from '../../openapi/types/core/v1.ts'
import { semanticEqual } from '../../src/apimachinery/equal.ts'

export const hashLabel = 'pod-template-hash'
export const revisionAnnotation = 'deployment.kubernetes.io/revision'
const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history'
export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas'
const maxAnnotation = 'deployment.kubernetes.io/max-replicas'

/** Longest revision history, in characters: upstream's maxRevHistoryLengthInChars. */
const maxHistoryLength = 2000

/** Annotations of a deployment that its ReplicaSets do not get. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
])

export interface Sets {
  /** The set whose template is the deployment's; absent before it is made. */
  current: ReplicaSet | undefined
  old: readonly ReplicaSet[]
  all: readonly ReplicaSet[]
}

/** Sorts the deployment's own sets; of several with the same template the oldest is the new one. */
export function sortSets(deployment: Deployment, sets: readonly ReplicaSet[]): Sets {
  const byAge = [...sets].sort(byCreation)
  const current = byAge.find((set) => sameTemplate(set.spec?.template, deployment.spec?.template))
  return { current, old: byAge.filter((set) => set !== current), all: byAge }
}

/** Oldest first, then by name. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [x, y] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? '']
  if (x !== y) return x < y ? -1 : 1
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1
}

/** Equal but for the hash label. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b))
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  if (template?.metadata?.labels?.[hashLabel] === undefined) return template
  const { [hashLabel]: _, ...labels } = template.metadata.labels
  return { ...template, metadata: { ...template.metadata, labels } }
}

export const specReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + (set.spec?.replicas ?? 0), 0)
export const statusReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + (set.status?.replicas ?? 0), 0)
export const readyReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + (set.status?.readyReplicas ?? 0), 0)
export const availableReplicas = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0)
export const activeSets = (sets: readonly ReplicaSet[]): ReplicaSet[] => sets.filter((set) => (set.spec?.replicas ?? 0) > 0)

/** The revision number of a set or deployment; 0 without one. */
export function revisionOf(object: ReplicaSet | Deployment): number {
  return Number.parseInt(object.metadata?.annotations?.[revisionAnnotation] ?? '0', 10) || 0
}

/** The number the new set has or is to get: one above the highest old one. */
export function nextRevision(sets: Sets): number {
  const highest = Math.max(0, ...sets.old.map(revisionOf))
  return Math.max(highest + 1, sets.current === undefined ? 0 : revisionOf(sets.current))
}

/** Pods above `spec.replicas` that a rolling update may make. */
export function maxSurge(deployment: Deployment): number {
  return bounds(deployment).surge
}

/** Pods below `spec.replicas` that may be unavailable meanwhile. */
export function maxUnavailable(deployment: Deployment): number {
  const replicas = deployment.spec?.replicas ?? 0
  if (deployment.spec?.strategy?.type === 'Recreate' || replicas === 0) return 0
  return Math.min(bounds(deployment).unavailable, replicas)
}

/** Percentages: surge rounds up, unavailable down; both 0 would stand still, so one is then unavailable. */
function bounds(deployment: Deployment): { surge: number; unavailable: number } {
  if (deployment.spec?.strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 }
  const { maxSurge: up = '25%', maxUnavailable: down = '25%' } = deployment.spec?.strategy?.rollingUpdate ?? {}
  const replicas = deployment.spec?.replicas ?? 0
  const surge = scaled(up, replicas, Math.ceil)
  const unavailable = scaled(down, replicas, Math.floor)
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable }
}

function scaled(value: number | string, total: number, round: (n: number) => number): number {
  if (typeof value === 'number') return value
  const percent = Number.parseInt(value, 10)
  return round((percent * total) / 100)
}

/** Annotations of the new set: the deployment's, the revision with its history, and the sizes. */
export function setAnnotations(deployment: Deployment, set: ReplicaSet | undefined, revision: number): Record<string, string> {
  const own = new Map(Object.entries(set?.metadata?.annotations ?? {}))
  for (const [key, value] of Object.entries(deployment.metadata?.annotations ?? {})) if (!notCopied.has(key)) own.set(key, value)
  const before = own.get(revisionAnnotation)
  if (before === undefined || (Number.parseInt(before, 10) || 0) < revision) {
    own.set(revisionAnnotation, String(revision))
    if (before !== undefined) own.set(revisionHistoryAnnotation, lengthened(own.get(revisionHistoryAnnotation), before))
  }
  return { ...Object.fromEntries(own), ...(set === undefined ? sizeAnnotations(deployment) : {}) }
}

/** The history with one revision more; the oldest go when it becomes too long. */
function lengthened(history: string | undefined, revision: string): string {
  const revisions = [...(history ? history.split(',') : []), revision]
  while (revisions.length > 1 && revisions.join(',').length > maxHistoryLength) revisions.shift()
  return revisions.join(',')
}

/** What a set remembers of the deployment's size, to notice scaling. */
export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const replicas = deployment.spec?.replicas ?? 0
  return { [desiredAnnotation]: String(replicas), [maxAnnotation]: String(replicas + maxSurge(deployment)) }
}

/** What the set remembered as the largest allowed size. */
export function rememberedMax(set: ReplicaSet): number | undefined {
  const text = set.metadata?.annotations?.[maxAnnotation]
  return text === undefined ? undefined : Number.parseInt(text, 10)
}

/** How large the new set should be now. */
export function currentTarget(deployment: Deployment, all: readonly ReplicaSet[], current: ReplicaSet | undefined): number {
  const wanted = deployment.spec?.replicas ?? 0
  const has = current?.spec?.replicas ?? 0
  if (deployment.spec?.strategy?.type === 'Recreate') return wanted
  const room = wanted + maxSurge(deployment) - specReplicas(all)
  return room <= 0 ? has : has + Math.min(room, wanted - has)
}
