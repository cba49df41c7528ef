// The scheduler's picture of the cluster: nodes with the pods on them, including pods that are still on their way (assumed).
import type { Node } from '../../openapi/types/core/v1.ts'
import { objectKey } from '../apimachinery/meta.ts'
import type { Reservation } from './framework.ts'
import { addPodToNode, emptyNode, type NodeInfo, removePodFromNode, setNode } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'
import type { Snapshot, World } from './snapshot.ts'

export class ClusterCache implements Snapshot {
  readonly world: World
  readonly nodesWithAffinityPods = new Set<NodeInfo>()
  readonly nodesWithRequiredAntiAffinityPods = new Set<NodeInfo>()
  readonly reservedVolumes = new Map<string, string>()
  readonly #nodes = new Map<string, NodeInfo>()
  /** Where each pod is counted, by uid. */
  readonly #places = new Map<string, { node: NodeInfo; assumed: boolean }>()
  readonly #images = new Map<string, number>()
  readonly #nominated = new Map<string, Map<string, PodInfo>>()
  readonly #nominations = new Map<string, string>()
  #order: readonly NodeInfo[] | undefined

  constructor(world: World) {
    this.world = world
  }

  get nodes(): readonly NodeInfo[] {
    return (this.#order ??= inZoneTurns(this.#nodes.values()))
  }

  node(name: string): NodeInfo | undefined {
    const found = this.#nodes.get(name)
    return found?.node === undefined ? undefined : found
  }

  imageNodes(image: string): number {
    return this.#images.get(image) ?? 0
  }

  nominated(node: string): readonly PodInfo[] {
    const pods = this.#nominated.get(node)
    return pods === undefined ? none : [...pods.values()]
  }

  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined {
    return this.world.namespaces.get(name)?.metadata?.labels
  }

  /** Takes over a node as the server has it. */
  setNode(node: Node): void {
    const name = node.metadata?.name ?? ''
    const info = this.#info(name)
    const zone = info.node === undefined ? undefined : zoneOf(info)
    this.#countImages(info, -1)
    setNode(info, node)
    this.#countImages(info, 1)
    if (zone !== zoneOf(info)) this.#order = undefined
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name)
    if (info === undefined) return
    this.#countImages(info, -1)
    setNode(info, undefined)
    this.#order = undefined
    if (info.pods.size === 0) this.#drop(info)
  }

  /** A pod that the server says is on a node; replaces what was assumed or known before. */
  setPod(pod: PodInfo): void {
    this.removePod(pod.uid)
    this.#put(pod, pod.pod.spec?.nodeName ?? '', false)
  }

  removePod(uid: string): void {
    const place = this.#places.get(uid)
    if (place === undefined) return
    this.#places.delete(uid)
    removePodFromNode(place.node, uid)
    this.#touch(place.node)
    if (place.node.node === undefined && place.node.pods.size === 0) this.#drop(place.node)
  }

  /** Counts a pod on a node before the server knows of it, until {@link setPod}, {@link forget} or {@link removePod}. */
  assume(pod: PodInfo, node: string): void {
    this.removePod(pod.uid)
    this.#put(pod, node, true)
  }

  /** Takes back an assumption; a pod that the server has confirmed stays. */
  forget(uid: string): void {
    if (this.isAssumed(uid)) this.removePod(uid)
  }

  isAssumed(uid: string): boolean {
    return this.#places.get(uid)?.assumed ?? false
  }

  /** Remembers that room is being made for a pod on a node; an empty name forgets it. */
  nominate(pod: PodInfo, node: string): void {
    this.forgetNomination(pod.uid)
    if (node === '') return
    let pods = this.#nominated.get(node)
    if (pods === undefined) this.#nominated.set(node, (pods = new Map()))
    pods.set(pod.uid, pod)
    this.#nominations.set(pod.uid, node)
  }

  forgetNomination(uid: string): void {
    const node = this.#nominations.get(uid)
    if (node === undefined) return
    this.#nominations.delete(uid)
    const pods = this.#nominated.get(node)
    pods?.delete(uid)
    if (pods?.size === 0) this.#nominated.delete(node)
  }

  nominationOf(uid: string): string | undefined {
    return this.#nominations.get(uid)
  }

  /** Sets volumes aside until the returned function is called. */
  reserve({ steps }: Reservation): () => void {
    const names = steps.flatMap(({ volume, claim }) =>
      volume === undefined ? [] : [[volume.metadata?.name ?? '', objectKey(claim)] as const],
    )
    for (const [name, claim] of names) this.reservedVolumes.set(name, claim)
    return () => {
      for (const [name] of names) this.reservedVolumes.delete(name)
    }
  }

  #info(name: string): NodeInfo {
    let info = this.#nodes.get(name)
    if (info === undefined) this.#nodes.set(name, (info = emptyNode(name)))
    return info
  }

  #put(pod: PodInfo, name: string, assumed: boolean): void {
    const node = this.#info(name)
    addPodToNode(node, pod)
    this.#places.set(pod.uid, { node, assumed })
    this.#touch(node)
  }

  #touch(node: NodeInfo): void {
    keep(this.nodesWithAffinityPods, node, node.podsWithAffinity.size > 0)
    keep(this.nodesWithRequiredAntiAffinityPods, node, node.podsWithRequiredAntiAffinity.size > 0)
  }

  #drop(node: NodeInfo): void {
    this.#nodes.delete(node.name)
    this.#order = undefined
  }

  #countImages(info: NodeInfo, change: 1 | -1): void {
    for (const image of info.images.keys()) {
      const next = (this.#images.get(image) ?? 0) + change
      if (next > 0) this.#images.set(image, next)
      else this.#images.delete(image)
    }
  }
}

const none: readonly PodInfo[] = []

function keep(set: Set<NodeInfo>, node: NodeInfo, wanted: boolean): void {
  if (wanted) set.add(node)
  else set.delete(node)
}

const label = (node: NodeInfo, ...keys: string[]): string => keys.map((key) => node.labels[key]).find((value) => value !== undefined) ?? ''

function zoneOf(node: NodeInfo): string {
  const region = label(node, 'topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/region')
  return JSON.stringify([region, label(node, 'topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone')])
}

/** One node of each zone, then the next of each: the first nodes looked at are then spread over zones. */
function inZoneTurns(nodes: Iterable<NodeInfo>): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>()
  for (const node of nodes) {
    if (node.node === undefined) continue
    const zone = zoneOf(node)
    const members = zones.get(zone)
    if (members === undefined) zones.set(zone, [node])
    else members.push(node)
  }
  const groups = [...zones.values()]
  const longest = Math.max(0, ...groups.map((group) => group.length))
  const order: NodeInfo[] = []
  for (let i = 0; i < longest; i++) for (const group of groups) if (i < group.length) order.push(group[i]!)
  return order
}
