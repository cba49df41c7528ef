// Random numbers that follow from a seed and a name alone, so that one part drawing more does not change what another part draws.
import type { Random } from '../../src/apimachinery/clock.ts'

/** A source for one part of a simulation. */
export class Seeded {
  #state: number

  constructor(seed: number, name: string) {
    let hash = (seed ^ 0x9e3779b9) >>> 0
    for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x85ebca6b) >>> 0
    this.#state = hash
  }

  /** In [0, 1); the generator is mulberry32. */
  next: Random = () => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!
  }
}
