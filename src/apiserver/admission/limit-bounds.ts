// The comparisons of a LimitRange item with what is asked for, in upstream's words. Pure.
import type { LimitRangeItem } from '../../../openapi/types/core/v1.ts'
import { compareQuantities, milliValue, type Quantity, quantityText } from '../../apimachinery/quantity.ts'
import { type Amounts, amounts } from './pod-resources.ts'

/** What a container or pod asks for. */
export interface Bounds {
  requests: Amounts
  limits: Amounts
}

/** All complaints of one item: minima, maxima, ratios, each in order of resource names. */
export function boundErrors(item: LimitRangeItem, given: Bounds): string[] {
  const check = (list: Readonly<Record<string, string>> | undefined, error: typeof minError) =>
    [...amounts(list)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, bound]) => error(item.type, name, bound, given))
  return [...check(item.min, minError), ...check(item.max, maxError), ...check(item.maxLimitRequestRatio, ratioError)].filter(
    (error) => error !== undefined,
  )
}

/** `minimum cpu usage per Container is 100m, but request is 50m`, or undefined. */
export function minError(type: string, name: string, bound: Quantity, { requests, limits }: Bounds): string | undefined {
  const request = requests.get(name)
  const limit = limits.get(name)
  const start = `minimum ${name} usage per ${type} is ${quantityText(bound)}`
  if (request === undefined) return `${start}.  No request is specified`
  if (compareQuantities(request, bound) < 0) return `${start}, but request is ${quantityText(request)}`
  if (limit !== undefined && compareQuantities(limit, bound) < 0) return `${start}, but limit is ${quantityText(limit)}`
  return undefined
}

/** For claims: only the request is bounded. */
export function maxRequestError(type: string, name: string, bound: Quantity, { requests }: Bounds): string | undefined {
  const request = requests.get(name)
  const start = `maximum ${name} usage per ${type} is ${quantityText(bound)}`
  if (request === undefined) return `${start}.  No request is specified`
  return compareQuantities(request, bound) > 0 ? `${start}, but request is ${quantityText(request)}` : undefined
}

function maxError(type: string, name: string, bound: Quantity, { requests, limits }: Bounds): string | undefined {
  const request = requests.get(name)
  const limit = limits.get(name)
  const start = `maximum ${name} usage per ${type} is ${quantityText(bound)}`
  if (limit === undefined) return `${start}.  No limit is specified`
  if (compareQuantities(limit, bound) > 0) return `${start}, but limit is ${quantityText(limit)}`
  if (request !== undefined && compareQuantities(request, bound) > 0) return `${start}, but request is ${quantityText(request)}`
  return undefined
}

function ratioError(type: string, name: string, bound: Quantity, { requests, limits }: Bounds): string | undefined {
  const request = requests.get(name)
  const limit = limits.get(name)
  const start = `${name} max limit to request ratio per ${type} is ${quantityText(bound)}`
  if (request === undefined || request.nano === 0n) return `${start}, but no request is specified or request is 0`
  if (limit === undefined || limit.nano === 0n) return `${start}, but no limit is specified or limit is 0`
  const ratio = milliValue(limit) / milliValue(request)
  return ratio * 1000 > milliValue(bound) ? `${start}, but provided ratio is ${ratio.toFixed(6)}` : undefined
}
