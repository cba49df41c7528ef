// The arguments plugins take in a configuration file, by plugin name: their shapes and defaults. What they must satisfy is in
// plugin-args-rules.ts. https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/
import { z } from 'zod'
import type { NodeAffinity, TopologySpreadConstraint } from '../../openapi/types/core/v1.ts'

const head = { apiVersion: z.string().optional(), kind: z.string().optional() }

/** A weight of 0 means 1. */
const weight = z
  .int()
  .default(1)
  .transform((value) => (value === 0 ? 1 : value))
const resources = z.array(z.strictObject({ name: z.string(), weight }))
const point = z.strictObject({ utilization: z.int().default(0), score: z.int().default(0) })

const cpuAndMemory = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]

const scoringStrategy = z.strictObject({
  type: z.string().default('LeastAllocated'),
  resources: resources.default([]).transform((given) => (given.length === 0 ? cpuAndMemory : given)),
  requestedToCapacityRatio: z.strictObject({ shape: z.array(point).default([]) }).optional(),
})

/** API objects inside the arguments; only their being objects is checked here. */
const nodeAffinity = z.custom<NodeAffinity>((value) => typeof value === 'object' && value !== null)
const spreadConstraint = z.custom<TopologySpreadConstraint>((value) => typeof value === 'object' && value !== null)

/** Schemas by plugin name; a plugin that is not here takes none. */
export const pluginArgs: Readonly<Record<string, z.ZodType<object>>> = {
  DefaultPreemption: z.strictObject({
    ...head,
    minCandidateNodesPercentage: z.int().optional(),
    minCandidateNodesAbsolute: z.int().optional(),
  }),
  InterPodAffinity: z.strictObject({
    ...head,
    hardPodAffinityWeight: z.int().optional(),
    ignorePreferredTermsOfExistingPods: z.boolean().optional(),
  }),
  NodeAffinity: z.strictObject({ ...head, addedAffinity: nodeAffinity.optional() }),
  NodeResourcesBalancedAllocation: z.strictObject({ ...head, resources: resources.optional() }),
  NodeResourcesFit: z.strictObject({
    ...head,
    ignoredResources: z.array(z.string()).optional(),
    ignoredResourceGroups: z.array(z.string()).optional(),
    scoringStrategy: scoringStrategy.optional(),
  }),
  PodTopologySpread: z.strictObject({
    ...head,
    defaultConstraints: z.array(spreadConstraint).optional(),
    defaultingType: z.string().optional(),
  }),
  VolumeBinding: z.strictObject({ ...head, bindTimeoutSeconds: z.int().optional(), shape: z.array(point).optional() }),
}
