// PodTopologyLabels: a pod bound to a node takes over the node's zone and region labels.
import type { Binding, Pod } from '../../../openapi/types/core/v1.ts'
import { Node } from '../../api/core/node.ts'
import { setOwn } from '../../apimachinery/json.ts'
import type { AdmissionPlugin, Reader } from './plugin.ts'
import { isFor, objectAs } from './refuse.ts'

const labels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  on: ['CREATE'],
  mutate: (attributes, read) => {
    if (isFor(attributes, 'pods')) {
      const pod = objectAs<Pod>(attributes)
      if (pod.spec?.nodeName) copyLabels(pod, pod.spec.nodeName, read)
    } else if (isFor(attributes, 'pods', 'binding')) {
      const binding = objectAs<Binding>(attributes)
      if (binding.target?.kind === 'Node' && binding.target.name) copyLabels(binding, binding.target.name, read)
    }
  },
}

function copyLabels(object: Pod | Binding, nodeName: string, read: Reader): void {
  const given = read.get(Node, undefined, nodeName)?.metadata?.labels ?? {}
  for (const label of labels) {
    const value = given[label]
    if (value !== undefined) setOwn(((object.metadata ??= {}).labels ??= {}), label, value)
  }
}
