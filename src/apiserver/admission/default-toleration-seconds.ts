// DefaultTolerationSeconds: pods leave a node that is not ready or unreachable after a while (300 s), unless they say otherwise.
import type { Pod, Toleration } from '../../../openapi/types/core/v1.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isFor, objectAs } from './refuse.ts'

/** Seconds: --default-not-ready-toleration-seconds, --default-unreachable-toleration-seconds. */
export function defaultTolerationSeconds(notReadySeconds = 300, unreachableSeconds = 300): AdmissionPlugin {
  const wanted = [
    { key: 'node.kubernetes.io/not-ready', seconds: notReadySeconds },
    { key: 'node.kubernetes.io/unreachable', seconds: unreachableSeconds },
  ]
  return {
    name: 'DefaultTolerationSeconds',
    on: ['CREATE', 'UPDATE'],
    mutate: (attributes) => {
      if (!isFor(attributes, 'pods')) return
      const pod = objectAs<Pod>(attributes)
      if (pod.spec === undefined) return
      const given = pod.spec.tolerations ?? []
      const missing = wanted.filter(({ key }) => !given.some((toleration) => tolerates(toleration, key)))
      if (missing.length === 0) return
      const added = missing.map(({ key, seconds }) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds }))
      pod.spec.tolerations = [...given, ...added]
    },
  }
}

function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (!key || key === taint) && (!effect || effect === 'NoExecute')
}
