// SchedulingGates: a pod with gates waits until somebody has removed them all.
import { definePlugin } from '../framework.ts'

export const schedulingGates = definePlugin({
  name: 'SchedulingGates',
  preEnqueue({ pod }) {
    const gates = pod.spec?.schedulingGates ?? []
    return gates.length === 0 ? undefined : `waiting for scheduling gates: [${gates.map(({ name }) => name).join(' ')}]`
  },
  retryOn: { PodGatesEliminated: true },
})
