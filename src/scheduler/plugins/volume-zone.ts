// VolumeZone: volumes labelled with zone or region only reach nodes there.
import { definePlugin, unresolvable } from '../framework.ts'
import { ofItsClaims, podClaims } from './volume-claims.ts'

const rejection = unresolvable('node(s) had no available volume zone')

/** Zone labels, each with the one that came before or after it. */
const keys: Readonly<Record<string, string>> = {
  'topology.kubernetes.io/zone': 'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
}

interface Place {
  key: string
  values: ReadonlySet<string>
}

export const volumeZone = definePlugin<readonly Place[]>({
  name: 'VolumeZone',
  prepare(pod, snapshot) {
    if (pod.claims.length === 0) return { skip: true }
    const claims = podClaims(pod, snapshot)
    if (typeof claims === 'string') return { rejection: unresolvable(claims) }
    const places: Place[] = []
    for (const { spec } of claims) {
      const labels = spec?.volumeName ? snapshot.world.volumes.get(spec.volumeName)?.metadata?.labels : undefined
      for (const key of Object.keys(keys)) {
        const value = labels?.[key]
        if (value !== undefined) places.push({ key, values: new Set(value.split('__')) })
      }
    }
    return places.length === 0 ? { skip: true } : { state: places }
  },
  filter(places, _, { labels }) {
    if (!Object.keys(keys).some((key) => labels[key] !== undefined)) return undefined
    const holds = ({ key, values }: Place) => values.has(labels[key] ?? labels[keys[key]!] ?? '')
    return places.every(holds) ? undefined : rejection
  },
  retryOn: {
    NodeAdd: true,
    NodeLabel: true,
    PersistentVolumeAdd: true,
    PersistentVolumeUpdate: true,
    PersistentVolumeClaimAdd: ofItsClaims,
    PersistentVolumeClaimUpdate: ofItsClaims,
    StorageClassAdd: true,
  },
})
