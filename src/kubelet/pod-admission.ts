// Whether a node takes a pod that was bound to it: its own check of what the scheduler decided, with upstream's reasons. Pure.
import type { Node, NodeSelectorTerm, Pod } from '../../openapi/types/core/v1.ts'
import { podRequests } from '../api/core/pod/resources.ts'
import { getOwn } from '../apimachinery/json.ts'
import { addQuantities, asInteger, compareQuantities, milliValue, type Quantity, zero } from '../apimachinery/quantity.ts'
import { matchesLabels, type Operator, type Requirement } from '../apimachinery/selectors/label-selector.ts'

/** Why the kubelet itself fails a pod; goes into status.reason and status.message. */
export interface Verdict {
  reason: string
  message: string
}

/** A verdict when the pod does not fit, given the pods that run on the node already. */
export function admissionVerdict(pod: Pod, node: Node, others: readonly Pod[]): Verdict | undefined {
  const os = pod.spec?.os?.name
  if (os !== undefined && os !== 'linux') {
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" }
  }
  const lacking = insufficient(pod, node, others)
  if (lacking !== undefined) return lacking
  if (!affinityMatches(pod, node)) {
    const message = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
    return { reason: 'NodeAffinity', message }
  }
  return untolerated(pod, node)
    ? { reason: 'TaintToleration', message: "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate" }
    : undefined
}

function insufficient(pod: Pod, node: Node, others: readonly Pod[]): Verdict | undefined {
  const allocatable = node.status?.allocatable ?? {}
  const verdict = (name: string, requested: number, used: number, capacity: number): Verdict => ({
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  })
  const most = getOwn(allocatable, 'pods')
  if (most !== undefined && others.length + 1 > asInteger(most)) return verdict('pods', 1, others.length, asInteger(most))
  const requests = Object.entries(podRequests(pod)).filter(
    ([name, amount]) => compareQuantities(amount, 0) > 0 && Object.hasOwn(allocatable, name),
  )
  if (requests.length === 0) return undefined
  const used = new Map<string, Quantity>()
  for (const other of others) {
    const taken = podRequests(other)
    for (const [name] of requests) if (taken[name] !== undefined) used.set(name, addQuantities(used.get(name) ?? zero, taken[name]))
  }
  for (const [name, amount] of requests) {
    const taken = used.get(name) ?? zero
    if (compareQuantities(addQuantities(taken, amount), allocatable[name]!) <= 0) continue
    const number = name === 'cpu' ? milliValue : asInteger
    return verdict(name, number(amount), number(taken), number(allocatable[name]!))
  }
  return undefined
}

const operators: Readonly<Record<string, Operator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!', Gt: 'gt', Lt: 'lt' }

function affinityMatches({ spec }: Pod, node: Node): boolean {
  const labels = node.metadata?.labels
  for (const [key, value] of Object.entries(spec?.nodeSelector ?? {})) if (getOwn(labels, key) !== value) return false
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || required.nodeSelectorTerms.some((term) => termMatches(term, node))
}

function termMatches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  const requirements = (list: typeof matchExpressions) =>
    list.map(({ key, operator, values = [] }): Requirement => ({ key, operator: operators[operator] ?? 'in', values }))
  return (
    matchesLabels({ requirements: requirements(matchExpressions) }, node.metadata?.labels) &&
    matchesLabels({ requirements: requirements(matchFields) }, { 'metadata.name': node.metadata?.name ?? '' })
  )
}

/** Only NoExecute counts here: NoSchedule binds the scheduler alone. */
function untolerated({ spec }: Pod, node: Node): boolean {
  return (node.spec?.taints ?? []).some(
    (taint) =>
      taint.effect === 'NoExecute' &&
      !spec?.tolerations?.some(
        ({ key, operator, value, effect }) =>
          (!effect || effect === taint.effect) &&
          (!key ? operator === 'Exists' : key === taint.key) &&
          (operator === 'Exists' || (value ?? '') === (taint.value ?? '')),
      ),
  )
}

/** When activeDeadlineSeconds is over, in milliseconds since the epoch. */
export function deadline({ spec, status }: Pod): number | undefined {
  if (spec?.activeDeadlineSeconds === undefined || status?.startTime === undefined) return undefined
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000
}

export const deadlineVerdict: Verdict = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
}
