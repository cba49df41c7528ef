// TaintNodesByCondition: a new node is not ready until its controller says so.
import type { Node } from '../../../openapi/types/core/v1.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isFor, objectAs } from './refuse.ts'

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  on: ['CREATE'],
  mutate: (attributes) => {
    if (!isFor(attributes, 'nodes')) return
    const node = objectAs<Node>(attributes)
    const taints = ((node.spec ??= {}).taints ??= [])
    if (!taints.some((taint) => taint.key === notReady.key && taint.effect === notReady.effect)) taints.push({ ...notReady })
  },
}
