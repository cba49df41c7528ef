// EndpointSlice: a part of the addresses behind a service.
import type { EndpointPort, EndpointSlice as EndpointSliceObject } from '../../../openapi/types/discovery/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { endpointSliceErrors, endpointSliceUpdateErrors, endpointsErrors } from './endpointslice-rules.ts'
import { oldEndpoints } from './legacy.ts'

export const EndpointSlice = defineKind<EndpointSliceObject>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  scope: 'Namespaced',
  served: [retired('io.k8s.api.discovery', 'discovery.k8s.io', 'v1beta1', 'EndpointSlice', ['1.21', '1.25'], oldEndpoints)],
  generation: (slice, old) => {
    const { metadata, ...content } = slice
    const { metadata: oldMetadata, ...oldContent } = old
    return !semanticEqual(content, oldContent) || !semanticEqual(metadata?.labels, oldMetadata?.labels)
  },
  defaults: { 'ports[*].name': '', 'ports[*].protocol': 'TCP' },
  prepareForCreate: dropTopology,
  prepareForUpdate: (slice, old) => {
    if (!semanticEqual(slice.endpoints, old.endpoints)) dropTopology(slice)
  },
  validate: endpointSliceErrors,
  validateCreate: endpointsErrors,
  validateUpdate: endpointSliceUpdateErrors,
  warnings: (slice) => (slice.addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
  columns: [
    { name: 'AddressType', description: 'IPv4, IPv6 or FQDN.', value: (slice) => slice.addressType ?? '' },
    { name: 'Ports', description: 'The ports of every endpoint.', value: (slice) => firstThree((slice.ports ?? []).map(portText)) },
    {
      name: 'Endpoints',
      description: 'The addresses.',
      value: (slice) => firstThree((slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? [])),
    },
    ageColumn,
  ],
})

function portText(port: EndpointPort): string {
  return port.port === undefined ? (port.name ?? '*') : String(port.port)
}

/** `a,b,c + 2 more...`; `<unset>` for none. */
function firstThree(texts: readonly string[]): string {
  const list = texts.slice(0, 3).join(',')
  if (texts.length > 3) return `${list} + ${texts.length - 3} more...`
  return list === '' ? '<unset>' : list
}

/** The field lives on in v1beta1 only; v1 does not take it. */
function dropTopology(slice: EndpointSliceObject): void {
  for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology
}
