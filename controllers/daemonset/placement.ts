// Which nodes a DaemonSet's pods belong on, and how a pod is tied to its node. Pure.
// https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#how-daemon-pods-are-scheduled
import type { DaemonSet } from '../../openapi/types/apps/v1.ts'
import type { Affinity, Node, NodeSelector, NodeSelectorRequirement, Pod, PodSpec, Taint, Toleration } from '../../openapi/types/core/v1.ts'
import { getOwn } from '../../src/apimachinery/json.ts'

/** `run`: a pod is to be there. `stay`: a pod that is there may stay. */
export interface Placement {
  run: boolean
  stay: boolean
}

const nowhere: Placement = { run: false, stay: false }

/** Whether the set's pods belong on the node: its name, selector, affinity and taints decide; cordons do not. */
export function placementOn(node: Node, set: DaemonSet): Placement {
  const spec = set.spec?.template?.spec
  if (spec?.nodeName && spec.nodeName !== node.metadata?.name) return nowhere
  if (spec === undefined || !affinityMatches(spec, node)) return nowhere
  const tolerations = daemonTolerations(spec)
  const untolerated = (node.spec?.taints ?? []).filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)))
  const refused = untolerated.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute')
  return { run: !refused, stay: !untolerated.some(({ effect }) => effect === 'NoExecute') }
}

const always: readonly (readonly [string, string])[] = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
]
const hostNetworkOnly = ['node.kubernetes.io/network-unavailable', 'NoSchedule'] as const

/** The template's tolerations and those every daemon pod has. */
export function daemonTolerations(spec: PodSpec): Toleration[] {
  const result = [...(spec.tolerations ?? [])]
  for (const [key, effect] of spec.hostNetwork === true ? [...always, hostNetworkOnly] : always) {
    const toleration: Toleration = { key, operator: 'Exists', effect }
    const same = result.findIndex((each) => each.key === key && each.effect === effect && each.operator === 'Exists' && !each.value)
    if (same < 0) result.push(toleration)
    else result[same] = toleration
  }
  return result
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  if (toleration.operator === 'Exists') return true
  return (toleration.operator || 'Equal') === 'Equal' && (toleration.value ?? '') === (taint.value ?? '')
}

function affinityMatches(spec: PodSpec, node: Node): boolean {
  const labels = node.metadata?.labels ?? {}
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => getOwn(labels, key) === value)) return false
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || selectorMatches(required, node)
}

function selectorMatches({ nodeSelectorTerms }: NodeSelector, node: Node): boolean {
  return nodeSelectorTerms.some(
    ({ matchExpressions = [], matchFields = [] }) =>
      matchExpressions.length + matchFields.length > 0 &&
      matchExpressions.every((requirement) => holds(requirement, getOwn(node.metadata?.labels, requirement.key))) &&
      matchFields.every((requirement) => holds(requirement, requirement.key === 'metadata.name' ? node.metadata?.name : undefined)),
  )
}

const integer = /^-?\d{1,19}$/

function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  if (operator === 'In') return value !== undefined && values.includes(value)
  if (operator === 'NotIn') return value === undefined || !values.includes(value)
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  const [bound = ''] = values
  if (value === undefined || !integer.test(value) || !integer.test(bound)) return false
  const difference = BigInt(value) - BigInt(bound)
  return operator === 'Gt' ? difference > 0n : operator === 'Lt' && difference < 0n
}

/** The affinity that binds a pod to one node; what the template prefers is kept, what it requires was checked before. */
export function affinityTo(node: string, affinity: Affinity | undefined): Affinity {
  const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }]
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
  }
}

/** The node a daemon pod is on or meant for; undefined when it says none. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec?.nodeName) return spec.nodeName
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const field = terms
    .flatMap(({ matchFields }) => matchFields ?? [])
    .find(({ key, operator }) => key === 'metadata.name' && operator === 'In')
  return field?.values?.length === 1 ? field.values[0] : undefined
}
