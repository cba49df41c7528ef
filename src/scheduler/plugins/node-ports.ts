// NodePorts: two pods cannot hold the same host port.
import { definePlugin, unschedulable } from '../framework.ts'
import { type NodeInfo, portKey } from '../node-info.ts'
import type { HostPort, PodInfo } from '../pod-info.ts'
import { podInfo } from '../pod-info.ts'

const rejection = unschedulable("node(s) didn't have free ports for the requested pod ports")
const any = '0.0.0.0'

/** An address of 0.0.0.0 collides with every address. */
function isTaken({ usedPorts }: NodeInfo, port: HostPort): boolean {
  if (usedPorts.size === 0) return false
  if (port.ip !== any) return usedPorts.has(portKey(port)) || usedPorts.has(portKey({ ...port, ip: any }))
  const prefix = portKey({ ...port, ip: '' })
  for (const key of usedPorts.keys()) if (key.startsWith(prefix)) return true
  return false
}

const sharesPort = (a: PodInfo, b: PodInfo) =>
  a.hostPorts.some((x) =>
    b.hostPorts.some((y) => x.port === y.port && x.protocol === y.protocol && (x.ip === y.ip || x.ip === any || y.ip === any)),
  )

export const nodePorts = definePlugin({
  name: 'NodePorts',
  prepare: ({ hostPorts }) => ({ skip: hostPorts.length === 0 }),
  filter: (_, { hostPorts }, node) => (hostPorts.some((port) => isTaken(node, port)) ? rejection : undefined),
  retryOn: {
    NodeAdd: true,
    AssignedPodDelete: (pod, { previous }) => previous !== undefined && sharesPort(pod, podInfo(previous)),
  },
})
