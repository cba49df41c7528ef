// Checks one request against the quotas of its namespace and says what they would hold afterwards. Pure.
import type { ResourceQuota } from '../../../../openapi/types/core/v1.ts'
import type { KubeObject } from '../../../apimachinery/meta.ts'
import { addQuantities, compareQuantities, quantity, quantityText, subtractQuantities, zero } from '../../../apimachinery/quantity.ts'
import type { AdmissionAttributes } from '../plugin.ts'
import { refuse } from '../refuse.ts'
import { type Evaluator, quotaMatches, type Usage } from './evaluator.ts'

/** A quota whose use changes, with its new `status.used`. */
export interface Charge {
  quota: ResourceQuota
  used: Record<string, string>
}

/** What the request adds to each quota that counts it. Throws 403 when one would be exceeded, or is not counted yet. */
export function chargesOf(attributes: AdmissionAttributes, quotas: readonly ResourceQuota[], evaluator: Evaluator, now: number): Charge[] {
  const object = attributes.object as KubeObject
  const matching = quotas.filter((quota) => quotaMatches(quota, object, evaluator))
  for (const quota of matching) checkCountable(attributes, quota, evaluator, object)
  const usage = evaluator.usage(object, now)
  const negative = [...usage].filter(([, amount]) => amount.nano < 0n).map(([name]) => name)
  if (negative.length > 0) throw refuse(attributes, `quota usage is negative for resource(s): ${negative.sort().join(',')}`)
  return matching.flatMap((quota) => {
    const change = withoutZeros(deltaFor(attributes, quota, evaluator, usage, now))
    return change.size === 0 ? [] : [charge(attributes, quota, change)]
  })
}

function checkCountable(attributes: AdmissionAttributes, quota: ResourceQuota, evaluator: Evaluator, object: KubeObject): void {
  const restricted = Object.keys(quota.status?.hard ?? {}).filter(evaluator.covers)
  const complaint = evaluator.constraint?.(object, restricted)
  if (complaint !== undefined) throw refuse(attributes, `failed quota: ${quota.metadata?.name}: ${complaint}`)
  if (restricted.every((name) => Object.hasOwn(quota.status?.used ?? {}, name))) return
  throw refuse(attributes, `status unknown for quota: ${quota.metadata?.name}, resources: ${restricted.sort().join(',')}`)
}

/** An update of an object that the quota counted before is charged by the difference. */
function deltaFor(attributes: AdmissionAttributes, quota: ResourceQuota, evaluator: Evaluator, usage: Usage, now: number): Usage {
  const old = attributes.oldObject
  if (attributes.operation !== 'UPDATE' || old === undefined || !quotaMatches(quota, old, evaluator)) return usage
  const before = evaluator.usage(old, now)
  return new Map(
    [...usage].map(([name, amount]) => {
      const difference = subtractQuantities(amount, before.get(name))
      return [name, difference.nano < 0n ? zero : difference]
    }),
  )
}

function withoutZeros(usage: Usage): Usage {
  return new Map([...usage].filter(([, amount]) => amount.nano !== 0n))
}

function charge(attributes: AdmissionAttributes, quota: ResourceQuota, change: Usage): Charge {
  const hard = quota.status?.hard ?? {}
  const used = { ...quota.status?.used }
  const exceeded: string[] = []
  const before = new Map<string, string>()
  for (const [name, amount] of change) {
    if (!Object.hasOwn(hard, name)) continue
    const after = addQuantities(used[name], amount)
    before.set(name, used[name] ?? '0')
    if (compareQuantities(after, hard[name]) > 0) exceeded.push(name)
    used[name] = quantityText(after)
  }
  if (exceeded.length === 0 || attributes.subresource === 'status') return { quota, used }
  const print = (text: (name: string) => string): string =>
    exceeded
      .sort()
      .map((name) => `${name}=${text(name)}`)
      .join(',')
  const requested = print((name) => quantityText(change.get(name) ?? zero))
  const present = print((name) => quantityText(quantity(before.get(name))))
  const limited = print((name) => quantityText(quantity(hard[name])))
  throw refuse(attributes, `exceeded quota: ${quota.metadata?.name}, requested: ${requested}, used: ${present}, limited: ${limited}`)
}
