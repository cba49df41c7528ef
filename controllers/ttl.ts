// Tells kubelets how long they may cache secrets and config maps: the more nodes, the longer. An annotation of nodes.
import { Node } from '../src/api/core/node.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, patch, plan } from '../src/controller/plan.ts'

const annotation = 'node.alpha.kubernetes.io/ttl'

/** Seconds by number of nodes. The ranges overlap, so that a node more or less does not change all nodes to and fro. */
const steps = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Number.POSITIVE_INFINITY, seconds: 300 },
] as const

/** Where the size of the cluster is kept in the notes; no node can have this name. */
const stepKey = '(step)'

export const ttl = defineController({
  name: 'ttl',
  for: Node,
  reads: { nodes: Node },
  reconcile(node, { nodes }, { memory }) {
    const step = currentStep(nodes.list().length, Number(memory.get(stepKey) ?? 0))
    memory.set(stepKey, step)
    const wanted = String(steps[step]!.seconds)
    const told = node.metadata?.annotations?.[annotation]
    if (told !== undefined && /^[+-]?\d+$/.test(told) && Number(told) === Number(wanted)) return nothing
    return plan(patch(Node, node, { metadata: { annotations: { [annotation]: wanted } } }))
  },
})

function currentStep(size: number, from: number): number {
  let step = from
  while (size > steps[step]!.max) step++
  while (size < steps[step]!.min) step--
  return step
}
