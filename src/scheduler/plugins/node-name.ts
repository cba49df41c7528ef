// NodeName: a pod that names its node runs nowhere else.
import { definePlugin, unresolvable } from '../framework.ts'

const rejection = unresolvable("node(s) didn't match the requested node name")

export const nodeName = definePlugin({
  name: 'NodeName',
  filter: (_, { pod }, { name }) => (pod.spec?.nodeName && pod.spec.nodeName !== name ? rejection : undefined),
  retryOn: { NodeAdd: true },
})
