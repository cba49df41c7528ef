// Ingress: HTTP routes from outside to services.
import type { IngressLoadBalancerStatus, Ingress as IngressObject, IngressRule } from '../../../openapi/types/networking/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { ingressCreateErrors, ingressErrors, ingressStatusErrors } from './ingress-rules.ts'
import { legacyIngresses } from './legacy-ingress.ts'

export const Ingress = defineKind<IngressObject>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  resource: 'ingresses',
  shortNames: ['ing'],
  scope: 'Namespaced',
  subresources: { status: true },
  generation: 'spec',
  validate: ingressErrors,
  validateCreate: ingressCreateErrors,
  validateStatusUpdate: ingressStatusErrors,
  served: legacyIngresses,
  columns: [
    { name: 'Class', description: 'The IngressClass that serves it.', value: (ingress) => ingress.spec?.ingressClassName ?? '<none>' },
    { name: 'Hosts', description: 'Hosts the rules match.', value: (ingress) => hosts(ingress.spec?.rules ?? []) },
    { name: 'Address', description: 'Addresses of the load balancer.', value: (ingress) => addresses(ingress.status?.loadBalancer) },
    { name: 'Ports', description: 'Ports that are open.', value: (ingress) => ((ingress.spec?.tls?.length ?? 0) > 0 ? '80, 443' : '80') },
    ageColumn,
  ],
})

const maxHosts = 3

function hosts(rules: readonly IngressRule[]): string {
  const named: string[] = []
  let more = false
  for (const rule of rules) {
    if (named.length === maxHosts) more = true
    else if (rule.host) named.push(rule.host)
  }
  if (named.length === 0) return '*'
  return more ? `${named.join(',')} + ${rules.length - maxHosts} more...` : named.join(',')
}

function addresses(status: IngressLoadBalancerStatus | undefined): string {
  const all = (status?.ingress ?? []).map((point) => point.ip || point.hostname || '').filter((text) => text !== '')
  return [...new Set(all)].sort().join(',')
}
