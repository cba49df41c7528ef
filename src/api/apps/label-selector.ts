// LabelSelector of objects, as text and as a test of labels. Rules: k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go.
import type { LabelSelector, LabelSelectorRequirement } from '../../../openapi/types/meta/v1.ts'
import { printedMap } from '../field-rules.ts'

/** The selector in the grammar of query strings (`a=b,c in (d,e)`), keys in order; undefined when an operator is unknown. */
export function labelSelectorText(selector: LabelSelector | undefined): string | undefined {
  const parts: [string, string][] = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => [key, `${key}=${value}`])
  for (const requirement of selector?.matchExpressions ?? []) {
    const text = requirementText(requirement)
    if (text === undefined) return undefined
    parts.push([requirement.key, text])
  }
  return parts
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(',')
}

function requirementText({ key, operator, values = [] }: LabelSelectorRequirement): string | undefined {
  const list = `(${[...values].sort().join(',')})`
  switch (operator) {
    case 'In':
      return `${key} in ${list}`
    case 'NotIn':
      return `${key} notin ${list}`
    case 'Exists':
      return key
    case 'DoesNotExist':
      return `!${key}`
    default:
      return undefined
  }
}

/** The Selector cell of `kubectl get -o wide`: `<none>` for an absent or empty one, `<error>` for a broken one. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  return (labelSelectorText(selector) ?? '<error>') || '<none>'
}

/** Whether labels satisfy a selector: an absent selector nothing does, an empty one everything. */
export function labelSelectorMatches(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>> | undefined): boolean {
  if (selector === undefined) return false
  const own = new Map(Object.entries(labels ?? {}))
  if (!Object.entries(selector.matchLabels ?? {}).every(([key, value]) => own.get(key) === value)) return false
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = own.get(key)
    if (operator === 'In') return value !== undefined && values.includes(value)
    if (operator === 'NotIn') return value === undefined || !values.includes(value)
    return operator === 'Exists' ? value !== undefined : operator === 'DoesNotExist' && value === undefined
  })
}

/** A selector as Go prints it in messages. */
export function printedSelector(selector: LabelSelector | undefined): unknown {
  if (selector === undefined) return null
  const { matchLabels, matchExpressions } = selector
  return {
    ...(Object.keys(matchLabels ?? {}).length > 0 ? { matchLabels: printedMap(matchLabels) } : {}),
    ...(matchExpressions === undefined || matchExpressions.length === 0 ? {} : { matchExpressions }),
  }
}

/** Whether a selector has no requirement at all. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0
}
