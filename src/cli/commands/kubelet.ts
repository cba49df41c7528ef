// k8ts kubelet: upstream's flags, and those of the simulated runtime.

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { arch, hostname, release } from 'node:os'
import type { Taint } from '../../../openapi/types/core/v1.ts'
import { isQuantity } from '../../apimachinery/quantity.ts'
import { type KubeletOptions, runKubelet } from '../../kubelet/kubelet.ts'
import type { Machine } from '../../kubelet/node-status.ts'
import { defineCommand } from '../command.ts'
import {
  booleanFlag,
  choiceFlag,
  durationFlag,
  type Flag,
  type FlagValues,
  integerFlag,
  listFlag,
  mapFlag,
  stringFlag,
  UsageError,
} from '../flags.ts'
import { runWorker } from '../worker.ts'
import { kubeletServerFlags, kubeletServerOptions } from './kubelet-server-flags.ts'

export const kubeletFlags = {
  ...kubeletServerFlags,
  'hollow-cpu': quantityFlag('CPUs of a simulated node', '32'),
  'hollow-ephemeral-storage': quantityFlag('Ephemeral storage of a simulated node', '1Ti'),
  'hollow-memory': quantityFlag('Memory of a simulated node', '256Gi'),
  'hostname-override': stringFlag('Name of the node (default: the host name); of several simulated ones the first'),
  kubeconfig: stringFlag('File with the address and credentials of the API server'),
  'max-pods': integerFlag('Most pods of a node', 110, { min: 0, max: 1_000_000 }),
  'node-ip': listFlag('Addresses of the node, comma-separated'),
  'node-labels': mapFlag('Labels of the node when it registers'),
  'node-status-update-frequency': durationFlag('How often changes of the node are looked for', 10_000),
  nodes: integerFlag('Simulated nodes in this process', 1, { min: 1, max: 5000 }),
  'register-node': booleanFlag('Register the node with the API server', true),
  'register-schedulable': booleanFlag('Register the node as schedulable', true),
  'register-with-taints': taintsFlag('Taints of the node when it registers: key=value:effect, comma-separated'),
  runtime: choiceFlag('Container runtime; hollow simulates it', ['hollow'], 'hollow'),
}

export const command = defineCommand({
  name: 'kubelet',
  summary: 'Run the pods of a node (or of many hollow ones)',
  flags: kubeletFlags,
  async run(values, terminal) {
    await runWorker('kubelet', values, runKubelet, kubeletOptions(values), terminal)
  },
})

/** The component's options out of flag values; throws UsageError. */
export function kubeletOptions(values: FlagValues<typeof kubeletFlags>): KubeletOptions {
  if (values['node-ip'].length > 0 && values.nodes > 1)
    throw new UsageError('--node-ip names the addresses of one node: it does not go with --nodes')
  return {
    nodeName: (values['hostname-override'] || hostname()).toLowerCase(),
    nodes: values.nodes,
    nodeIps: values['node-ip'],
    labels: values['node-labels'],
    taints: values['register-with-taints'],
    register: values['register-node'],
    schedulable: values['register-schedulable'],
    capacity: {
      cpu: values['hollow-cpu'],
      'ephemeral-storage': values['hollow-ephemeral-storage'],
      'hugepages-1Gi': '0',
      'hugepages-2Mi': '0',
      memory: values['hollow-memory'],
      pods: String(values['max-pods']),
    },
    machine: machine(),
    ...kubeletServerOptions(values),
    nodeStatusUpdateFrequencyMs: values['node-status-update-frequency'],
  }
}

function machine(): Machine {
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8').trim()
    } catch {
      return ''
    }
  }
  const pretty = /^PRETTY_NAME="?([^"\n]*)/m.exec(read('/etc/os-release'))?.[1]
  const machineId = read('/etc/machine-id') || randomUUID().replaceAll('-', '')
  return {
    machineId,
    systemUuid: machineId.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    bootId: read('/proc/sys/kernel/random/boot_id') || randomUUID(),
    kernelVersion: release(),
    osImage: pretty || 'Linux',
    operatingSystem: 'linux',
    architecture: arch() === 'x64' ? 'amd64' : arch(),
  }
}

function quantityFlag(summary: string, fallback: string): Flag<string> {
  const parse = (text: string) => {
    if (!isQuantity(text)) throw new Error('must be a quantity such as 4, 500m or 16Gi')
    return text
  }
  return { summary, parse, default: fallback, placeholder: 'quantity' }
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function taintsFlag(summary: string): Flag<readonly Taint[]> {
  const parse = (text: string): readonly Taint[] => {
    const taints = text === '' ? [] : text.split(',').map((part) => /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(part))
    if (taints.every((taint) => taint !== null && effects.includes(taint[3]!))) {
      return taints.map((taint) => ({ key: taint![1]!, ...(taint![2] ? { value: taint![2] } : {}), effect: taint![3]! }))
    }
    throw new Error(`invalid taint spec: ${text}`)
  }
  return { summary, parse, default: [], placeholder: 'taints', repeated: true }
}
