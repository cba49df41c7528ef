// Shares out seats among the priority levels by what they have lately needed. Pure.
// Rule: k8s.io/apiserver/pkg/util/flowcontrol conc_alloc.go and updateBorrowingLocked.

/** What a level wants, and its bounds. */
export interface Claim {
  target: number
  lower: number
  upper: number
}

const leastTarget = 0.001

/**
 * Seats per claim that sum to `total`: each gets a common multiple of its target, kept within its bounds. Undefined when no multiple does that.
 * The sum grows with the multiple, so bisection finds it.
 */
export function fairAllocation(total: number, claims: readonly Claim[]): number[] | undefined {
  const at = (proportion: number) =>
    claims.map(({ target, lower, upper }) => Math.max(lower, Math.min(upper, proportion * Math.max(target, leastTarget))))
  const sum = (seats: readonly number[]) => seats.reduce((all, own) => all + own, 0)
  const bounds = { lower: sum(claims.map(({ lower }) => lower)), upper: sum(claims.map(({ upper }) => upper)) }
  if (total < bounds.lower - 1e-7 || total > bounds.upper + 1e-7) return undefined
  let low = 0
  let high = Math.max(1, ...claims.map(({ target, upper }) => upper / Math.max(target, leastTarget)))
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2
    if (sum(at(middle)) < total) low = middle
    else high = middle
  }
  return at(high)
}

/** Seat demand of a level over the last period. */
export interface Demand {
  high: number
  average: number
  deviation: number
}

const smoothingCoefficient = 0.977

/** The smoothed demand: rises at once with the envelope, falls slowly. */
export function smoothedDemand(before: number, { average, deviation }: Demand): number {
  const envelope = average + deviation
  return Math.max(envelope, smoothingCoefficient * before + (1 - smoothingCoefficient) * envelope)
}

export interface Borrower {
  exempt: boolean
  nominal: number
  min: number
  max: number
  /** Now. */
  current: number
  high: number
  smoothed: number
}

/** The next limits, in the order given. */
export function borrowedLimits(levels: readonly Borrower[]): number[] {
  const nominalSum = levels.reduce((sum, { nominal }) => sum + nominal, 0)
  const floor = ({ exempt, min, nominal, high }: Borrower) => Math.max(min, exempt ? high : Math.min(nominal, high))
  const limited = levels.filter(({ exempt }) => !exempt)
  const remaining = levels.reduce((left, level) => (level.exempt ? left - floor(level) : left), nominalSum)
  const minSum = limited.reduce((sum, { min }) => sum + min, 0)
  const floorSum = limited.reduce((sum, level) => sum + floor(level), 0)
  const claims = limited.map((level) => ({ target: Math.max(floor(level), level.smoothed), lower: floor(level), upper: level.max }))
  const fair = remaining > floorSum ? fairAllocation(nominalSum, claims) : undefined
  const share = floorSum === minSum ? 0 : (remaining - minSum) / (floorSum - minSum)
  return levels.map((level) => {
    if (level.exempt) return floor(level)
    if (remaining <= minSum) return level.min
    if (remaining <= floorSum) return level.min + Math.round((floor(level) - level.min) * share)
    return fair === undefined ? level.current : Math.round(fair[limited.indexOf(level)]!)
  })
}
