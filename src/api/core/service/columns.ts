// What `kubectl get services` shows: the forms of external addresses and ports.
import type { Service } from '../../../../openapi/types/core/v1.ts'
import type { Column } from '../../../apimachinery/kind.ts'
import { ageColumn, formatLabels } from '../../shared/columns.ts'

export const serviceColumns: readonly Column<Service>[] = [
  { name: 'Type', description: 'How the service is exposed.', value: ({ spec }) => spec?.type ?? '' },
  { name: 'Cluster-IP', description: 'Address inside the cluster.', value: ({ spec }) => spec?.clusterIPs?.[0] ?? '<none>' },
  { name: 'External-IP', description: 'Addresses outside the cluster.', value: externalIP },
  { name: 'Port(s)', description: 'Ports it serves.', value: portsText },
  ageColumn,
  { name: 'Selector', priority: 1, description: 'Labels of the pods behind it.', value: ({ spec }) => formatLabels(spec?.selector) },
]

function externalIP({ spec, status }: Service): string {
  const external = spec?.externalIPs ?? []
  if (spec?.type === 'ExternalName') return spec.externalName ?? ''
  if (spec?.type === 'ClusterIP' || spec?.type === 'NodePort') return external.join(',') || '<none>'
  if (spec?.type !== 'LoadBalancer') return '<unknown>'
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter((address) => address !== '')
  return [...[...new Set(ingress)].sort(), ...external].join(',') || '<pending>'
}

/** `80/TCP,443:30443/TCP`; `<none>` without ports. */
function portsText({ spec }: Service): string {
  const pieces = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  )
  return pieces.join(',') || '<none>'
}
