// What spec.nodeSelector and node affinity ask of a node.
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../../openapi/types/core/v1.ts'
import { getOwn } from '../../apimachinery/json.ts'
import type { NodeInfo } from '../node-info.ts'

const integer = /^[+-]?\d{1,19}$/

function requirementHolds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
    case 'Lt': {
      const bound = values[0]
      if (value === undefined || bound === undefined || !integer.test(value) || !integer.test(bound)) return false
      const difference = BigInt(value.replace('+', '')) - BigInt(bound.replace('+', ''))
      return operator === 'Gt' ? difference > 0n : difference < 0n
    }
    default:
      return false
  }
}

/** A term without any requirement matches no node. */
export function termMatchesNode({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: NodeInfo): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matchExpressions.every((requirement) => requirementHolds(requirement, getOwn(node.labels, requirement.key))) &&
    matchFields.every((requirement) => requirementHolds(requirement, requirement.key === 'metadata.name' ? node.name : undefined))
  )
}

/** Whether one of the terms matches. */
export function nodeSelectorMatches(selector: NodeSelector, node: NodeInfo): boolean {
  return selector.nodeSelectorTerms.some((term) => termMatchesNode(term, node))
}

/** Whether the node is one that nodeSelector and required node affinity allow. */
export function requiredNodeAffinityMatches({ spec }: Pod, node: NodeInfo): boolean {
  for (const [key, value] of Object.entries(spec?.nodeSelector ?? {})) if (getOwn(node.labels, key) !== value) return false
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || nodeSelectorMatches(required, node)
}
