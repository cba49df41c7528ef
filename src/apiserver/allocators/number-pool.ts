// A pool of numbers: taken ones in a set, free ones found from a random start. Numbers chosen by the pool come from the upper band first, so that
// those which people choose (mostly low) stay free longer. https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/

import type { Random } from '../../apimachinery/clock.ts'

export interface NumberPool {
  readonly first: bigint
  readonly last: bigint
  has(number: bigint): boolean
  inRange(number: bigint): boolean
  /** False when it is taken or out of range. */
  take(number: bigint): boolean
  /** A free number, taken; undefined when there is none. */
  takeNext(): bigint | undefined
  release(number: bigint): void
  /** How many are taken. */
  readonly size: number
}

/** Bounds of the lower band: min(max(least, size / step), most). */
export interface Band {
  least: bigint
  most: bigint
  step: bigint
}

/** Longest search in one call: pools may have 2^64 numbers, but never that many taken. */
const searchLimit = 2_000_000n

/** The pool of first…last, empty. */
export function numberPool(first: bigint, last: bigint, band: Band, random: Random): NumberPool {
  const taken = new Set<bigint>()
  const inRange = (number: bigint): boolean => number >= first && number <= last
  const lower = lowerBand(last - first + 1n, band)
  const search = (from: bigint, to: bigint): bigint | undefined => {
    const count = to - from + 1n
    if (count <= 0n) return undefined
    const start = randomBelow(count, random)
    const steps = count < searchLimit ? count : searchLimit
    for (let step = 0n; step < steps; step++) {
      const candidate = from + ((start + step) % count)
      if (!taken.has(candidate)) return candidate
    }
    return undefined
  }
  return {
    first,
    last,
    inRange,
    has: (number) => taken.has(number),
    take: (number) => {
      if (!inRange(number) || taken.has(number)) return false
      taken.add(number)
      return true
    },
    takeNext: () => {
      const found = search(first + lower, last) ?? search(first, first + lower - 1n)
      if (found !== undefined) taken.add(found)
      return found
    },
    release: (number) => void taken.delete(number),
    get size() {
      return taken.size
    },
  }
}

/** Size of the band that is used last; none in small ranges. */
function lowerBand(size: bigint, { least, most, step }: Band): bigint {
  if (size <= least) return 0n
  const share = size / step
  return share < least ? least : share > most ? most : share
}

/** A random number in [0, count), also for counts beyond 2^53. */
function randomBelow(count: bigint, random: Random): bigint {
  const precise = 2n ** 32n
  const high = BigInt(Math.floor(random() * 2 ** 32))
  const low = BigInt(Math.floor(random() * 2 ** 32))
  return (((high * precise + low) % count) + count) % count
}
