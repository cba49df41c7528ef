// The arguments plugins take in a configuration file, by plugin name. https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/
import { z } from 'zod'
import type { NodeAffinity, TopologySpreadConstraint } from '../../openapi/types/core/v1.ts'

const apiVersion = z.string().optional()
const kind = z.string().optional()
const head = { apiVersion, kind }

const resources = z.array(z.strictObject({ name: z.string().min(1), weight: z.int().min(1).max(100).default(1) }))

const shape = z
  .array(z.strictObject({ utilization: z.int().min(0).max(100), score: z.int().min(0).max(10) }))
  .min(1, 'at least one point must be specified')
  .refine((points) => points.every(({ utilization }, i) => i === 0 || utilization > points[i - 1]!.utilization), {
    error: 'utilization values must be sorted in increasing order',
  })

const defaultWeights = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]

const scoringStrategy = z
  .strictObject({
    type: z.enum(['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']).default('LeastAllocated'),
    resources: resources.default(defaultWeights),
    requestedToCapacityRatio: z.strictObject({ shape }).optional(),
  })
  .refine(({ type, requestedToCapacityRatio }) => type !== 'RequestedToCapacityRatio' || requestedToCapacityRatio !== undefined, {
    error: 'requestedToCapacityRatio: at least one point must be specified',
  })
  .transform(({ requestedToCapacityRatio, ...rest }) => ({ ...rest, shape: requestedToCapacityRatio?.shape }))

/** API objects inside the arguments; only their being objects is checked here. */
const nodeAffinity = z.custom<NodeAffinity>((value) => typeof value === 'object' && value !== null)
const spreadConstraint = z.custom<TopologySpreadConstraint>(
  (value) => typeof value === 'object' && value !== null && !('labelSelector' in value),
  { error: 'constraint must not define a selector, as they deduced for each pod' },
)

/** Schemas by plugin name; a plugin that is not here takes none. */
export const pluginArgs: Readonly<Record<string, z.ZodType<object>>> = {
  DefaultPreemption: z.strictObject({
    ...head,
    minCandidateNodesPercentage: z.int().min(0).max(100).optional(),
    minCandidateNodesAbsolute: z.int().min(0).optional(),
  }),
  InterPodAffinity: z.strictObject({
    ...head,
    hardPodAffinityWeight: z.int().min(0).max(100).optional(),
    ignorePreferredTermsOfExistingPods: z.boolean().optional(),
  }),
  NodeAffinity: z.strictObject({ ...head, addedAffinity: nodeAffinity.optional() }),
  NodeResourcesBalancedAllocation: z.strictObject({ ...head, resources: resources.optional() }),
  NodeResourcesFit: z.strictObject({
    ...head,
    ignoredResources: z.array(z.string()).optional(),
    ignoredResourceGroups: z
      .array(z.string().refine((group) => !group.includes('/'), { error: "resource group name can't contain '/'" }))
      .optional(),
    scoringStrategy: scoringStrategy.optional(),
  }),
  PodTopologySpread: z
    .strictObject({
      ...head,
      defaultConstraints: z.array(spreadConstraint).optional(),
      defaultingType: z.enum(['System', 'List']).optional(),
    })
    .refine(({ defaultConstraints = [], defaultingType = 'System' }) => defaultingType === 'List' || defaultConstraints.length === 0, {
      error: 'when .defaultingType is "System", defaultConstraints must be empty',
    }),
}
