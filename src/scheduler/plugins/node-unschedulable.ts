// NodeUnschedulable: a cordoned node takes only pods that tolerate that.
import { definePlugin, unresolvable } from '../framework.ts'
import { type PodInfo, podInfo } from '../pod-info.ts'
import { tolerates } from './tolerations.ts'

const cordoned = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
const rejection = unresolvable('node(s) were unschedulable')
const tolerated = ({ pod }: PodInfo) => (pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, cordoned))

export const nodeUnschedulable = definePlugin({
  name: 'NodeUnschedulable',
  filter: (_, pod, { node }) => (node?.spec?.unschedulable && !tolerated(pod) ? rejection : undefined),
  retryOn: {
    NodeAdd: (_, { object }) => !(object as { spec?: { unschedulable?: boolean } }).spec?.unschedulable,
    NodeTaint: (_, { object }) => !(object as { spec?: { unschedulable?: boolean } }).spec?.unschedulable,
    PodToleration: (_, { object }) => object !== undefined && tolerated(podInfo(object)),
  },
})
