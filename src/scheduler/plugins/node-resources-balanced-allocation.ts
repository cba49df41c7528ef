// NodeResourcesBalancedAllocation: nodes on which cpu and memory are used in like shares score higher.
import { definePlugin, type Plugin } from '../framework.ts'
import { amountOf } from '../resources.ts'
import { balanceScore, defaultResources, type ResourceWeight } from './resource-allocation.ts'

/** `resources` to look at; default cpu and memory. Pods without requests are not scored: they would all go to one node. */
export function nodeResourcesBalancedAllocation({ resources = defaultResources }: { resources?: readonly ResourceWeight[] } = {}): Plugin {
  return definePlugin<undefined, true>({
    name: 'NodeResourcesBalancedAllocation',
    prepareScore: ({ requests }) => (resources.every(({ name }) => amountOf(requests, name) === 0) ? undefined : true),
    score: (_, pod, node) => balanceScore(resources, pod, node),
    retryOn: {},
  })
}
