// What quotas count of services: all of them, their node ports, and those that ask for a load balancer.
import type { Service } from '../../../../openapi/types/core/v1.ts'
import { quantityOf } from '../../../apimachinery/quantity.ts'
import type { Evaluator, Usage } from './evaluator.ts'

const resources = new Set(['count/services', 'services', 'services.nodeports', 'services.loadbalancers'])

export const serviceEvaluator: Evaluator<Service> = {
  handles: ({ operation, subresource }) => !subresource && (operation === 'CREATE' || operation === 'UPDATE'),
  usage: serviceUsage,
  covers: (name) => resources.has(name),
  inScope: () => false,
}

function serviceUsage({ spec }: Service): Usage {
  const ports = spec?.ports ?? []
  const balanced = spec?.type === 'LoadBalancer'
  const withoutOwnPorts = balanced && spec.allocateLoadBalancerNodePorts === false
  const nodePorts = withoutOwnPorts
    ? ports.filter(({ nodePort }) => nodePort).length
    : balanced || spec?.type === 'NodePort'
      ? ports.length
      : 0
  return new Map([
    ['count/services', quantityOf(1)],
    ['services', quantityOf(1)],
    ['services.nodeports', quantityOf(nodePorts)],
    ['services.loadbalancers', quantityOf(balanced ? 1 : 0)],
  ])
}
