// PodResizeValidator: a resize must fit the node at all, and the node must be one that can do it.
import type { Node as NodeObject, Pod } from '../../../openapi/types/core/v1.ts'
import { Node } from '../../api/core/node.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import { compareQuantities, milliValue, wholeUnits, zero } from '../../apimachinery/quantity.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { podRequests } from './pod-resources.ts'
import { isFor, objectAs, oldObjectAs, refuse } from './refuse.ts'

export const podResizeValidator: AdmissionPlugin = {
  name: 'PodResizeValidator',
  on: ['UPDATE'],
  validate: (attributes, read) => {
    if (!isFor(attributes, 'pods', 'resize')) return
    const pod = objectAs<Pod>(attributes)
    const nodeName = pod.spec?.nodeName
    if (!nodeName || semanticDeepEqual(oldObjectAs<Pod>(attributes)?.spec, pod.spec)) return
    const node = read.get(Node, undefined, nodeName)
    if (node === undefined) throw refuse(attributes, `node ${JSON.stringify(nodeName)} not found`)
    const system = node.metadata?.labels?.['kubernetes.io/os'] ?? 'linux'
    if (system !== 'linux') {
      const text = `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(system)}`
      throw refuse(attributes, text, [{ reason: 'UnsupportedPlatform' }])
    }
    const lacking = shortage(pod, node)
    if (lacking.length === 0) return
    throw refuse(attributes, `node didn't have enough allocatable resources: ${lacking.join('; ')}`, [{ reason: 'NodeCapacity' }])
  },
}

function shortage(pod: Pod, { status }: NodeObject): string[] {
  const requests = podRequests(pod)
  const cpu = requests.get('cpu') ?? zero
  const memory = requests.get('memory') ?? zero
  const has = status?.allocatable ?? {}
  return [
    ...(compareQuantities(cpu, has['cpu']) > 0 ? [`cpu, requested: ${milliValue(cpu)}, allocatable: ${milliValue(has['cpu'])}`] : []),
    ...(compareQuantities(memory, has['memory']) > 0
      ? [`memory, requested: ${wholeUnits(memory)}, allocatable: ${wholeUnits(has['memory'])}`]
      : []),
  ]
}
