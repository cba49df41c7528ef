// Endpoints: the addresses behind a service (deprecated in favour of EndpointSlice, still served).
import type { Endpoints as EndpointsObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { validateEndpoints } from './validate-endpoints.ts'

export const Endpoints = defineKind<EndpointsObject>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  resource: 'endpoints',
  singular: 'endpoints',
  listKind: 'EndpointsList',
  shortNames: ['ep'],
  scope: 'Namespaced',
  nameRule: 'dns-subdomain',
  createOnUpdate: true,
  defaults: { 'subsets[*].ports[*].protocol': 'TCP' },
  validate: validateEndpoints,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  columns: [{ name: 'Endpoints', description: 'Addresses and ports of the subsets.', value: formatEndpoints }, ageColumn],
})

const shownEndpoints = 3

/** `10.0.0.1:80,10.0.0.2:80 + 4 more...`: the first three, `<none>` without subsets. */
function formatEndpoints({ subsets }: EndpointsObject): string {
  if (subsets === undefined || subsets.length === 0) return '<none>'
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`))),
  )
  const shown = all.slice(0, shownEndpoints).join(',')
  return all.length > shownEndpoints ? `${shown} + ${all.length - shownEndpoints} more...` : shown
}
