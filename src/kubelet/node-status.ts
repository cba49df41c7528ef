// The Node object a kubelet registers and the status it reports, with upstream's labels, reasons and messages. Pure.
import type { Node, NodeCondition, NodeStatus, Taint } from '../../openapi/types/core/v1.ts'
import { timestamp } from '../apimachinery/clock.ts'
import { quantityText, subtractQuantities, wholeUnits } from '../apimachinery/quantity.ts'
import type { ImageState } from './runtime/runtime.ts'

export interface NodeFacts {
  name: string
  hostname: string
  ips: readonly string[]
  capacity: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
  taints: readonly Taint[]
  schedulable: boolean
  runtime: { name: string; version: string }
  machine: Machine
  /** Under which the node's kubelet is reached, when its addresses are simulated. */
  dnsName?: string
  /** Of the node's kubelet server; absent: it has none. */
  port?: number
}

/** What the machine says of itself. */
export interface Machine {
  machineId: string
  systemUuid: string
  bootId: string
  kernelVersion: string
  osImage: string
  operatingSystem: string
  architecture: string
}

export const kubeletVersion = 'v1.36.4'
/** evictionHard memory.available: kept back from what pods may use. */
const memoryReserve = '100Mi'
const maxReportedImages = 50

/** The object to create: spec, labels and a first status that is Ready. */
export function nodeObject(facts: NodeFacts, images: readonly ImageState[], now: number): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: facts.name, labels: nodeLabels(facts), annotations: { ...nodeAnnotations } },
    spec: {
      ...(facts.schedulable ? {} : { unschedulable: true }),
      ...(facts.taints.length === 0 ? {} : { taints: [...facts.taints] }),
    },
    status: nodeStatus(facts, images, undefined, now),
  }
}

const nodeAnnotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' }

/** The labels every kubelet sets, over which those of --node-labels go. */
export function nodeLabels({ hostname, machine, labels }: NodeFacts): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': machine.architecture,
    'beta.kubernetes.io/os': machine.operatingSystem,
    'kubernetes.io/arch': machine.architecture,
    'kubernetes.io/hostname': hostname,
    'kubernetes.io/os': machine.operatingSystem,
    ...labels,
  }
}

/** The merge patch that brings labels and annotations of an existing Node up to date; undefined when they are. */
export function nodeMetadataPatch(existing: Node, facts: NodeFacts): object | undefined {
  const labels = missing(nodeLabels(facts), existing.metadata?.labels)
  const annotations = missing(nodeAnnotations, existing.metadata?.annotations)
  if (labels === undefined && annotations === undefined) return undefined
  return { metadata: { ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) } }
}

function missing(wanted: Readonly<Record<string, string>>, have: Readonly<Record<string, string>> | undefined) {
  const changes = Object.entries(wanted).filter(([key, value]) => have?.[key] !== value)
  return changes.length === 0 ? undefined : Object.fromEntries(changes)
}

/** The status at `now`; transition times are kept from `before` where the status is the same. */
export function nodeStatus(facts: NodeFacts, images: readonly ImageState[], before: NodeStatus | undefined, now: number): NodeStatus {
  const { machine, runtime } = facts
  return {
    capacity: { ...facts.capacity },
    allocatable: allocatable(facts.capacity),
    conditions: nodeConditions(before?.conditions ?? [], now),
    addresses: [
      ...facts.ips.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: facts.hostname },
      ...(facts.dnsName === undefined ? [] : [{ type: 'InternalDNS', address: facts.dnsName }]),
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port ?? 0 } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
      kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: machine.operatingSystem,
      architecture: machine.architecture,
    },
    images: images
      .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, maxReportedImages)
      .map(({ names, sizeBytes }) => ({ names: [...names], sizeBytes })),
  }
}

interface ConditionRow {
  type: string
  status: 'True' | 'False'
  reason: string
  message: string
  /** Recorded as an event of the node when it comes true. */
  event: string
}

/** In upstream's order. */
export const conditionRows: readonly ConditionRow[] = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
    event: 'NodeHasSufficientMemory',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
    event: 'NodeHasNoDiskPressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
    event: 'NodeHasSufficientPID',
  },
  { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', event: 'NodeReady' },
]

/** Whether a Node's conditions say what this kubelet says: false after another has marked it Unknown. */
export function nodeConditionsHold(status: NodeStatus | undefined): boolean {
  return conditionRows.every((row) => status?.conditions?.find(({ type }) => type === row.type)?.status === row.status)
}

function nodeConditions(before: readonly NodeCondition[], now: number): NodeCondition[] {
  const time = timestamp(now)
  return conditionRows.map(({ type, status, reason, message }) => {
    const old = before.find((condition) => condition.type === type)
    const since = old?.status === status ? (old.lastTransitionTime ?? time) : time
    return { type, status, lastHeartbeatTime: time, lastTransitionTime: since, reason, message }
  })
}

function allocatable(capacity: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = { ...capacity }
  const { memory } = capacity
  const storage = capacity['ephemeral-storage']
  if (memory !== undefined) result['memory'] = quantityText(subtractQuantities(memory, memoryReserve))
  if (storage !== undefined) result['ephemeral-storage'] = String((wholeUnits(storage) * 9n) / 10n)
  return result
}
