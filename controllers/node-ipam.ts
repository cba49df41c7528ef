// Gives each node a pod range out of the cluster's (--cluster-cidr), as upstream's RangeAllocator does.
import type { Node as NodeObject } from '../openapi/types/core/v1.ts'
import { Node } from '../src/api/core/node.ts'
import { type Cidr, cidrText, nthSubnet, parseCidr } from '../src/apimachinery/cidr.ts'
import { defineController } from '../src/controller/define.ts'
import { event, nothing, patch, plan, requeueAfter } from '../src/controller/plan.ts'

/** A range may be given back by a node that goes. */
const retryMs = 30_000

export const nodeIpam = defineController({
  name: 'node-ipam',
  for: Node,
  reads: { nodes: Node },
  workers: 1,
  /** One range, or one of each family with a comma between; empty turns the controller off. A mask size of 0 is upstream's default. */
  options: { clusterCidr: '', nodeCidrMaskSize: 0 },
  reconcile(node, { nodes }, { options, memory, key }) {
    const clusters = clusterRanges(String(options['clusterCidr']))
    if (clusters.length === 0 || node.spec?.podCIDR !== undefined || node.metadata?.deletionTimestamp !== undefined) return nothing
    // ranges given out a moment ago may not be in the cache yet
    const reserved = memory as Map<string, readonly string[]>
    const taken = new Set([
      ...[...reserved.values()].flat(),
      ...nodes.list().flatMap(({ spec }: NodeObject) => spec?.podCIDRs ?? spec?.podCIDR ?? []),
    ])
    const sizes = { 4: Number(options['nodeCidrMaskSize']) || 24, 6: 64 }
    const free = reserved.get(key) ?? clusters.map((cluster) => freeRange(cluster, sizes[cluster.family], taken))
    if (!free.every((range) => range !== undefined))
      return plan(event('Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`), requeueAfter(retryMs))
    reserved.set(key, free)
    return plan(patch(Node, node, { spec: { podCIDR: free[0], podCIDRs: free } }))
  },
  absent(key, _reads, { memory }) {
    memory.delete(key)
    return nothing
  },
})

function clusterRanges(text: string): Cidr[] {
  return text
    .split(',')
    .map((part) => parseCidr(part.trim()))
    .filter((range) => range !== undefined)
}

/** The first range of this size that nobody has. */
function freeRange(cluster: Cidr, maskSize: number, taken: ReadonlySet<string>): string | undefined {
  for (let n = 0; ; n++) {
    const range = nthSubnet(cluster, maskSize, n)
    if (range === undefined) return undefined
    const text = cidrText(range)
    if (!taken.has(text)) return text
  }
}
