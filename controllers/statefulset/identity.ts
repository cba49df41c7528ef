// Names, ordinals and pods of a StatefulSet. Pure. https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-identity
import type { StatefulSet as StatefulSetObject } from '../../openapi/types/apps/v1.ts'
import type { PersistentVolumeClaim, Pod as PodObject, PodTemplateSpec, Volume } from '../../openapi/types/core/v1.ts'
import { StatefulSet } from '../../src/api/apps/statefulset.ts'
import { revisionHashLabel } from '../shared/controller-revision.ts'
import { podFromTemplate } from '../shared/replica-pods.ts'

const podNameLabel = 'statefulset.kubernetes.io/pod-name'
const podIndexLabel = 'apps.kubernetes.io/pod-index'

/** The ordinal at the end of a pod's name; undefined when it is none of this set's names. */
export function ordinalOf(set: StatefulSetObject, podName: string | undefined): number | undefined {
  const match = /^(.*)-(\d{1,10})$/.exec(podName ?? '')
  if (match === null || match[1] !== set.metadata?.name) return undefined
  const ordinal = Number(match[2])
  return ordinal <= 0x7fffffff ? ordinal : undefined
}

/** First ordinal of the set. */
export function startOrdinal(set: StatefulSetObject): number {
  return set.spec?.ordinals?.start ?? 0
}

/** Whether the set, at its present size, has this ordinal. */
export function inRange(set: StatefulSetObject, ordinal: number): boolean {
  const start = startOrdinal(set)
  return ordinal >= start && ordinal < start + (set.spec?.replicas ?? 1)
}

/** Name of the pod with this ordinal. */
export function podName(set: StatefulSetObject, ordinal: number): string {
  return `${set.metadata?.name}-${ordinal}`
}

/** The claims of one ordinal, in the order of the templates, each with the name of its volume. */
export function claimsOf(set: StatefulSetObject, ordinal: number): { volume: string; claim: PersistentVolumeClaim }[] {
  return (set.spec?.volumeClaimTemplates ?? []).map(({ status: _, ...template }) => {
    const volume = template.metadata?.name ?? ''
    const labels = { ...template.metadata?.labels, ...set.spec?.selector.matchLabels }
    const claim: PersistentVolumeClaim = {
      ...template,
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        ...template.metadata,
        name: `${volume}-${podName(set, ordinal)}`,
        namespace: set.metadata?.namespace ?? '',
        ...(Object.keys(labels).length === 0 ? {} : { labels }),
      },
    }
    return { volume, claim }
  })
}

/** The pod of an ordinal at a revision, made from that revision's template. */
export function newPod(set: StatefulSetObject, template: PodTemplateSpec | undefined, revision: string, ordinal: number): PodObject {
  const pod = podFromTemplate(set, StatefulSet, template)
  const name = podName(set, ordinal)
  const subdomain = set.spec?.serviceName
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name,
      labels: { ...pod.metadata?.labels, ...identityLabels(name, ordinal), [revisionHashLabel]: revision },
    },
    spec: {
      containers: [],
      ...pod.spec,
      hostname: name,
      ...(subdomain ? { subdomain } : {}),
      ...volumesPart(withClaims(set, ordinal, pod.spec?.volumes ?? [])),
    },
  }
}

function volumesPart(volumes: Volume[]): { volumes?: Volume[] } {
  return volumes.length === 0 ? {} : { volumes }
}

/** The labels by which a pod knows its place. */
export function identityLabels(name: string, ordinal: number): Record<string, string> {
  return { [podNameLabel]: name, [podIndexLabel]: String(ordinal) }
}

/** Volumes with those of the claims first; a volume of the same name makes way. */
export function withClaims(set: StatefulSetObject, ordinal: number, volumes: readonly Volume[]): Volume[] {
  const claims = claimsOf(set, ordinal)
  const own = claims.map(
    ({ volume, claim }): Volume => ({ name: volume, persistentVolumeClaim: { claimName: claim.metadata?.name ?? '' } }),
  )
  return [...own, ...volumes.filter(({ name }) => !claims.some(({ volume }) => volume === name))]
}

/** Whether the pod has the label of its name. */
export function identityMatches(pod: PodObject): boolean {
  return pod.metadata?.labels?.[podNameLabel] === pod.metadata?.name
}

/** Whether the pod mounts every claim of its ordinal. */
export function storageMatches(set: StatefulSetObject, pod: PodObject, ordinal: number): boolean {
  return claimsOf(set, ordinal).every(
    ({ volume, claim }) =>
      pod.spec?.volumes?.find(({ name }) => name === volume)?.persistentVolumeClaim?.claimName === claim.metadata?.name,
  )
}

/** The revision a pod was made from. */
export function podRevision(pod: PodObject): string {
  return pod.metadata?.labels?.[revisionHashLabel] ?? ''
}
