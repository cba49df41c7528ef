// The plugins in the order in which they are asked, with their weights: upstream's default_plugins.go.
import type { Plugin } from '../framework.ts'
import { defaultPreemption } from './default-preemption.ts'
import { dynamicResources } from './dynamic-resources.ts'
import { imageLocality } from './image-locality.ts'
import { interPodAffinity } from './inter-pod-affinity.ts'
import { nodeAffinity } from './node-affinity.ts'
import { nodeName } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts'
import { nodeResourcesFit } from './node-resources-fit.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { nodeVolumeLimits } from './node-volume-limits.ts'
import { podTopologySpread } from './pod-topology-spread.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { taintToleration } from './taint-toleration.ts'
import { volumeBinding } from './volume-binding.ts'
import { volumeRestrictions } from './volume-restrictions.ts'
import { volumeZone } from './volume-zone.ts'

export interface PluginEntry {
  name: string
  /** Weight of its score; 0 for plugins that give none. */
  weight: number
  /** Makes the plugin from its checked pluginConfig args. */
  create(args?: object): Plugin
}

export const plugins: readonly PluginEntry[] = [
  { name: 'SchedulingGates', weight: 0, create: () => schedulingGates },
  { name: 'NodeUnschedulable', weight: 0, create: () => nodeUnschedulable },
  { name: 'NodeName', weight: 0, create: () => nodeName },
  { name: 'TaintToleration', weight: 3, create: () => taintToleration },
  { name: 'NodeAffinity', weight: 2, create: nodeAffinity },
  { name: 'NodePorts', weight: 0, create: () => nodePorts },
  { name: 'NodeResourcesFit', weight: 1, create: nodeResourcesFit },
  { name: 'VolumeRestrictions', weight: 0, create: () => volumeRestrictions },
  { name: 'NodeVolumeLimits', weight: 0, create: () => nodeVolumeLimits },
  { name: 'VolumeBinding', weight: 0, create: () => volumeBinding },
  { name: 'VolumeZone', weight: 0, create: () => volumeZone },
  { name: 'PodTopologySpread', weight: 2, create: podTopologySpread },
  { name: 'InterPodAffinity', weight: 2, create: interPodAffinity },
  { name: 'DynamicResources', weight: 0, create: () => dynamicResources },
  { name: 'DefaultPreemption', weight: 0, create: defaultPreemption },
  { name: 'NodeResourcesBalancedAllocation', weight: 1, create: nodeResourcesBalancedAllocation },
  { name: 'ImageLocality', weight: 1, create: () => imageLocality },
]
