// How far a target may be scaled at once: minimum, maximum, and the rates of a behavior's policies. Pure.
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#scaling-policies
import type { HPAScalingPolicy, HPAScalingRules } from '../../openapi/types/autoscaling/v2.ts'
import type { ScaleEvent } from './notes.ts'

export interface Limited {
  replicas: number
  reason: string
  message: string
}

export interface Range {
  min: number
  max: number
}

const tooMany = { reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' }
const tooFew = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' }
const upLimit = { reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate' }
const downLimit = { reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate' }
const inRange = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' }

/** Without behavior: twice as many at once, or four. */
export function limited(current: number, desired: number, { min, max }: Range): Limited {
  const fastest = Math.max(2 * current, 4)
  if (desired < min) return { replicas: min, ...tooFew }
  if (desired > Math.min(max, fastest)) return max > fastest ? { replicas: fastest, ...upLimit } : { replicas: max, ...tooMany }
  return { replicas: desired, ...inRange }
}

/** Changes of size of the last while. */
export interface History {
  scaleUps?: readonly ScaleEvent[]
  scaleDowns?: readonly ScaleEvent[]
}

export interface Rules {
  scaleUp: HPAScalingRules | undefined
  scaleDown: HPAScalingRules | undefined
}

/** With behavior: as the policies allow, given what was changed within their periods. */
export function limitedWithBehavior(
  current: number,
  desired: number,
  { min, max }: Range,
  { scaleUp, scaleDown }: Rules,
  history: History,
  now: number,
): Limited {
  if (desired > current) {
    const fastest = Math.max(current, policyLimit(current, scaleUp, 'up', history, now))
    const allowed = Math.min(max, fastest)
    if (desired > allowed) return { replicas: allowed, ...(max > fastest ? upLimit : tooMany) }
  } else if (desired < current) {
    const fastest = Math.min(current, policyLimit(current, scaleDown, 'down', history, now))
    const allowed = Math.max(min, fastest)
    if (desired < allowed) return { replicas: allowed, ...(min < fastest ? downLimit : tooFew) }
  }
  return { replicas: desired, ...inRange }
}

function policyLimit(
  current: number,
  rules: HPAScalingRules | undefined,
  direction: 'up' | 'down',
  { scaleUps = [], scaleDowns = [] }: History,
  now: number,
): number {
  const { selectPolicy, policies = [] } = rules ?? {}
  if (selectPolicy === 'Disabled') return current
  const limits = policies.map((policy) => {
    const start = current - changed(scaleUps, policy, now) + changed(scaleDowns, policy, now)
    return direction === 'up' ? mostAfter(start, policy) : leastAfter(start, policy)
  })
  // Max is the greatest change: the highest number upwards, the lowest downwards
  return (direction === 'up') === (selectPolicy === 'Min') ? Math.min(...limits) : Math.max(...limits)
}

function changed(events: readonly ScaleEvent[], { periodSeconds }: HPAScalingPolicy, now: number): number {
  return events.reduce((sum, { change, at }) => (at > now - periodSeconds * 1000 ? sum + change : sum), 0)
}

/** Rounded up: a small target would never grow otherwise. */
function mostAfter(start: number, { type, value }: HPAScalingPolicy): number {
  return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100))
}

function leastAfter(start: number, { type, value }: HPAScalingPolicy): number {
  return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100))
}
