// /stats/summary: what a node, its pods and their containers use. Shape: k8s.io/kubelet/pkg/apis/stats/v1alpha1. Pure.
import type { Pod } from '../../../openapi/types/core/v1.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import { asInteger } from '../../apimachinery/quantity.ts'
import type { ContainerUsage } from '../runtime/runtime.ts'
import type { ServedNode } from './served-node.ts'

export interface CpuStats {
  time: string
  usageNanoCores: number
  usageCoreNanoSeconds: number
}

export interface MemoryStats {
  time: string
  availableBytes?: number
  usageBytes: number
  workingSetBytes: number
  rssBytes: number
  pageFaults: number
  majorPageFaults: number
}

export interface ContainerStats {
  name: string
  startTime: string
  cpu: CpuStats
  memory: MemoryStats
}

export interface PodStats {
  podRef: { name: string; namespace: string; uid: string }
  startTime: string
  containers: ContainerStats[]
  cpu: CpuStats
  memory: MemoryStats
  process_stats?: { process_count: number }
}

export interface Summary {
  node: { nodeName: string; systemContainers: never[]; startTime: string; cpu: CpuStats; memory: MemoryStats; rlimit?: object }
  pods: PodStats[]
}

interface Amounts {
  cpuNanoCores: number
  cpuNanoSeconds: number
  memoryBytes: number
}

/** What the node's own programs use, in a simulation: 10 thousandths of a core and 64 MiB. */
const systemCpuNanoCores = 10_000_000
const systemMemoryBytes = 64 << 20

/** The summary at `now`. */
export function statsSummary(node: ServedNode, now: number): Summary {
  const time = timestamp(now)
  const measured = node
    .pods()
    .map((pod) => ({ pod, containers: node.runtime.usage(pod) }))
    .filter(({ containers }) => containers.length > 0)
  const system = { cpuNanoCores: systemCpuNanoCores, cpuNanoSeconds: (now - node.startedAt) * 10_000, memoryBytes: systemMemoryBytes }
  const total = sum([system, ...measured.map(({ containers }) => sum(containers))])
  const available = Math.max(0, asInteger(node.capacity['memory'] ?? '0') - total.memoryBytes)
  return {
    node: {
      nodeName: node.name,
      systemContainers: [],
      startTime: timestamp(node.startedAt),
      cpu: cpu(total, time),
      memory: { availableBytes: available, ...memory(total, time) },
    },
    pods: measured.map(({ pod, containers }) => podStats(pod, containers, time)),
  }
}

function podStats({ metadata, status }: Pod, containers: readonly ContainerUsage[], time: string): PodStats {
  const total = sum(containers)
  const { name = '', namespace = '', uid = '' } = metadata ?? {}
  return {
    podRef: { name, namespace, uid },
    startTime: status?.startTime ?? timestamp(Math.min(...containers.map(({ startedAt }) => startedAt))),
    containers: containers.map((each) => ({
      name: each.name,
      startTime: timestamp(each.startedAt),
      cpu: cpu(each, time),
      memory: memory(each, time),
    })),
    cpu: cpu(total, time),
    memory: memory(total, time),
    process_stats: { process_count: containers.length },
  }
}

function cpu({ cpuNanoCores, cpuNanoSeconds }: Amounts, time: string): CpuStats {
  return { time, usageNanoCores: Math.round(cpuNanoCores), usageCoreNanoSeconds: Math.round(cpuNanoSeconds) }
}

function memory({ memoryBytes }: Amounts, time: string): MemoryStats {
  const bytes = Math.round(memoryBytes)
  return { time, usageBytes: bytes, workingSetBytes: bytes, rssBytes: bytes, pageFaults: 0, majorPageFaults: 0 }
}

function sum(amounts: readonly Amounts[]): Amounts {
  const of = (field: keyof Amounts) => amounts.reduce((total, each) => total + each[field], 0)
  return { cpuNanoCores: of('cpuNanoCores'), cpuNanoSeconds: of('cpuNanoSeconds'), memoryBytes: of('memoryBytes') }
}
