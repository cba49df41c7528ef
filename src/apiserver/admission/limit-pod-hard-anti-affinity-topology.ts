// LimitPodHardAntiAffinityTopology (off by default): required anti-affinity may only speak of hosts.
import type { Pod } from '../../../openapi/types/core/v1.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isFor, objectAs, refuse } from './refuse.ts'

const hostname = 'kubernetes.io/hostname'

export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  on: ['CREATE', 'UPDATE'],
  validate: (attributes) => {
    if (!isFor(attributes, 'pods')) return
    const terms = objectAs<Pod>(attributes).spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    for (const { topologyKey } of terms) {
      if (topologyKey === hostname) continue
      throw refuse(
        attributes,
        `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${topologyKey} but only key ${hostname} is allowed`,
      )
    }
  },
}
