// Gives each node a pod range out of the cluster's (--cluster-cidr), as upstream's RangeAllocator does.
import type { Node as NodeObject } from '../openapi/types/core/v1.ts'
import { Node } from '../src/api/core/node.ts'
import { defineController } from '../src/controller/define.ts'
import { event, nothing, patch, plan } from '../src/controller/plan.ts'

export const nodeIpam = defineController({
  name: 'node-ipam',
  for: Node,
  reads: { nodes: Node },
  workers: 1,
  /** IPv4 only; an empty clusterCidr turns the controller off. */
  options: { clusterCidr: '', nodeCidrMaskSize: 24 },
  reconcile(node, { nodes }, { options, memory, key }) {
    const clusterCidr = String(options['clusterCidr'])
    if (clusterCidr === '' || node.spec?.podCIDR !== undefined || node.metadata?.deletionTimestamp !== undefined) return nothing
    // a range given out a moment ago may not be in the cache yet
    const reserved = memory as Map<string, string>
    const taken = new Set([
      ...reserved.values(),
      ...nodes.list().flatMap((other: NodeObject) => other.spec?.podCIDRs ?? other.spec?.podCIDR ?? []),
    ])
    const cidr = reserved.get(key) ?? freeRange(clusterCidr, Number(options['nodeCidrMaskSize']), taken)
    if (cidr === undefined) return plan(event('Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`))
    reserved.set(key, cidr)
    return plan(patch(Node, node, { spec: { podCIDR: cidr, podCIDRs: [cidr] } }))
  },
  absent(key, _reads, { memory }) {
    memory.delete(key)
    return nothing
  },
})

/** The first range of this size that nobody has. */
function freeRange(clusterCidr: string, maskSize: number, taken: ReadonlySet<string>): string | undefined {
  const [base = '', bits = '0'] = clusterCidr.split('/')
  const start = base.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const count = 2 ** (maskSize - Number(bits))
  const size = 2 ** (32 - maskSize)
  for (let i = 0; i < count; i++) {
    const address = start + i * size
    const cidr = `${[24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')}/${maskSize}`
    if (!taken.has(cidr)) return cidr
  }
  return undefined
}
