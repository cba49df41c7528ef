// A node and the sum of the pods on it, kept up to date pod by pod.
import type { Node, Taint } from '../../openapi/types/core/v1.ts'
import type { HostPort, PodInfo } from './pod-info.ts'
import { addResources, copyResources, noResources, type Resources, resourcesOf } from './resources.ts'

export interface NodeInfo {
  readonly name: string
  /** Absent while only pods are known that name the node. */
  node: Node | undefined
  labels: Readonly<Record<string, string>>
  taints: readonly Taint[]
  allocatable: Resources
  /** By uid. */
  pods: Map<string, PodInfo>
  /** Pods with any affinity or anti-affinity term. */
  podsWithAffinity: Set<PodInfo>
  podsWithRequiredAntiAffinity: Set<PodInfo>
  requested: Resources
  nonZeroRequested: Resources
  /** How many pods hold a port, by {@link portKey}. */
  usedPorts: Map<string, number>
  /** How many pods use a claim, by namespace/name. */
  claims: Map<string, number>
  /** Sizes of its images by normalised name. */
  images: ReadonlyMap<string, number>
  /** Answers of {@link remembered}; gone when the pods change. */
  memory: Map<string, unknown>
}

/** A node that is not known yet. */
export function emptyNode(name: string): NodeInfo {
  return {
    name,
    node: undefined,
    labels: {},
    taints: [],
    allocatable: noResources(),
    pods: new Map(),
    podsWithAffinity: new Set(),
    podsWithRequiredAntiAffinity: new Set(),
    requested: noResources(),
    nonZeroRequested: noResources(),
    usedPorts: new Map(),
    claims: new Map(),
    images: new Map(),
    memory: new Map(),
  }
}

/** A node by its own name and labels, whatever runs there. */
export function nodeAlone(node: Node): NodeInfo {
  return { ...emptyNode(node.metadata?.name ?? ''), node, labels: node.metadata?.labels ?? {}, taints: node.spec?.taints ?? [] }
}

/** Takes over what the object says; the pods stay. */
export function setNode(info: NodeInfo, node: Node | undefined): void {
  const before = info.node
  info.node = node
  info.memory.clear()
  info.labels = node?.metadata?.labels ?? {}
  info.taints = node?.spec?.taints ?? []
  if (before === undefined || before.status?.allocatable !== node?.status?.allocatable) {
    info.allocatable = resourcesOf(node?.status?.allocatable)
  }
  info.images = imagesOf(node)
}

function imagesOf(node: Node | undefined): ReadonlyMap<string, number> {
  const images = new Map<string, number>()
  for (const { names = [], sizeBytes = 0 } of node?.status?.images ?? []) for (const name of names) images.set(name, sizeBytes)
  return images
}

/** Puts a pod on the node; the same uid must not be there. */
export function addPodToNode(info: NodeInfo, pod: PodInfo): void {
  info.pods.set(pod.uid, pod)
  if (hasAffinity(pod)) info.podsWithAffinity.add(pod)
  if (pod.requiredAntiAffinity.length > 0) info.podsWithRequiredAntiAffinity.add(pod)
  account(info, pod, 1)
}

/** Takes a pod off the node; nothing happens when it is not there. */
export function removePodFromNode(info: NodeInfo, uid: string): void {
  const pod = info.pods.get(uid)
  if (pod === undefined) return
  info.pods.delete(uid)
  info.podsWithAffinity.delete(pod)
  info.podsWithRequiredAntiAffinity.delete(pod)
  account(info, pod, -1)
}

/** Whether the pod has any term about other pods. */
export function hasAffinity(pod: PodInfo): boolean {
  const affinity = pod.pod.spec?.affinity
  return affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined
}

function account(info: NodeInfo, pod: PodInfo, sign: 1 | -1): void {
  if (info.memory.size > 0) info.memory.clear()
  addResources(info.requested, pod.requests, sign)
  addResources(info.nonZeroRequested, pod.nonZero, sign)
  for (const port of pod.hostPorts) count(info.usedPorts, portKey(port), sign)
  for (const claim of pod.claims) count(info.claims, claim, sign)
}

function count(counts: Map<string, number>, key: string, change: number): void {
  const next = (counts.get(key) ?? 0) + change
  if (next > 0) counts.set(key, next)
  else counts.delete(key)
}

/** Identifies a host port: `TCP/8080/0.0.0.0`. */
export function portKey({ ip, protocol, port }: HostPort): string {
  return `${protocol}/${port}/${ip}`
}

/** A copy whose pods may be changed: for "what if" questions. */
export function copyNode(info: NodeInfo): NodeInfo {
  return {
    ...info,
    pods: new Map(info.pods),
    podsWithAffinity: new Set(info.podsWithAffinity),
    podsWithRequiredAntiAffinity: new Set(info.podsWithRequiredAntiAffinity),
    requested: copyResources(info.requested),
    nonZeroRequested: copyResources(info.nonZeroRequested),
    usedPorts: new Map(info.usedPorts),
    claims: new Map(info.claims),
    memory: new Map(),
  }
}

const maxRemembered = 200

/**
 * What `compute` found for this key since the pods of the node last changed. Pods of one workload ask the same questions about all nodes,
 * and each placement changes only one of them.
 */
export function remembered<T>(info: NodeInfo, key: string, compute: () => T): T {
  const known = info.memory.get(key)
  if (known !== undefined) return known as T
  const result = compute()
  if (info.memory.size >= maxRemembered) info.memory.clear()
  info.memory.set(key, result)
  return result
}
