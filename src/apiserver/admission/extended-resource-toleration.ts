// ExtendedResourceToleration (off by default): a pod that asks for an extended resource tolerates the taint of that name.
import type { Pod } from '../../../openapi/types/core/v1.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isFor, objectAs } from './refuse.ts'

export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  on: ['CREATE', 'UPDATE'],
  mutate: (attributes) => {
    if (!isFor(attributes, 'pods')) return
    const { spec } = objectAs<Pod>(attributes)
    if (spec === undefined) return
    const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
    const names = new Set(containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {})).filter(isExtendedResource))
    for (const key of [...names].sort()) {
      const wanted = { key, operator: 'Exists', effect: 'NoSchedule' }
      const list = (spec.tolerations ??= [])
      const index = list.findIndex(
        (given) => given.key === key && given.effect === 'NoSchedule' && given.operator === 'Exists' && !given.value,
      )
      if (index < 0) list.push(wanted)
      else list[index] = wanted
    }
  },
}

/** A resource of somebody's own domain: "nvidia.com/gpu". */
export function isExtendedResource(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.')
}
