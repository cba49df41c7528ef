// Whether tolerations cover taints. https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
import type { Taint, Toleration } from '../../../openapi/types/core/v1.ts'

/** Whether this toleration covers this taint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  const operator = toleration.operator || 'Equal'
  if (operator === 'Exists') return true
  if (operator === 'Lt' || operator === 'Gt') return compares(operator, taint.value ?? '', toleration.value ?? '')
  return operator === 'Equal' && (toleration.value ?? '') === (taint.value ?? '')
}

/** Numeric operators hold only between whole numbers. */
function compares(operator: 'Lt' | 'Gt', value: string, bound: string): boolean {
  if (!integer.test(value) || !integer.test(bound)) return false
  const difference = BigInt(value) - BigInt(bound)
  return operator === 'Gt' ? difference > 0n : difference < 0n
}
const integer = /^-?\d{1,19}$/

/** The first taint, among those of the given effects, that no toleration covers. */
export function untoleratedTaint(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  effects: readonly string[],
): Taint | undefined {
  return taints.find((taint) => effects.includes(taint.effect) && !tolerations.some((toleration) => tolerates(toleration, taint)))
}

/** Effects that keep new pods away. */
export const hardEffects: readonly string[] = ['NoSchedule', 'NoExecute']
