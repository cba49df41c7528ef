// EndpointSlice in discovery.k8s.io/v1beta1: the zone stands among the topology labels; v1 has a field for it.
import type { Endpoint, EndpointSlice } from '../../../openapi/types/discovery/v1.ts'
import type { Endpoint as OldEndpoint, EndpointSlice as OldSlice } from '../../../openapi/types/discovery/v1beta1.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'

const zoneLabel = 'topology.kubernetes.io/zone'

/** Both ways of the conversion, for `served`. */
export const oldEndpoints = {
  toStorage: (object: KubeObject): KubeObject => {
    const { endpoints, ...rest } = object as OldSlice
    return { ...rest, ...(endpoints ? { endpoints: endpoints.map(fromBeta) } : {}) } as KubeObject
  },
  fromStorage: (object: KubeObject): KubeObject => {
    const { endpoints, ...rest } = object as EndpointSlice
    return { ...rest, ...(endpoints ? { endpoints: endpoints.map(toBeta) } : {}) } as KubeObject
  },
}

function fromBeta({ topology, ...endpoint }: OldEndpoint): Endpoint {
  const others = Object.entries(topology ?? {}).filter(([name]) => name !== zoneLabel)
  const zone = topology?.[zoneLabel]
  return {
    ...endpoint,
    ...(others.length > 0 ? { deprecatedTopology: Object.fromEntries(others) } : {}),
    ...(zone === undefined ? {} : { zone }),
  }
}

function toBeta({ deprecatedTopology, zone, ...endpoint }: Endpoint): OldEndpoint {
  const labels = [...Object.entries(deprecatedTopology ?? {}), ...(zone === undefined ? [] : [[zoneLabel, zone] as const])]
  return labels.length > 0 ? { ...endpoint, topology: Object.fromEntries(labels) } : endpoint
}
