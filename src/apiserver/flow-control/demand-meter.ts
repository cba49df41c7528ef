// Time-weighted average, deviation and maximum of a number that changes now and then. Pure: time comes in as an argument.
import type { Demand } from './borrowing.ts'

export class DemandMeter {
  #value = 0
  #high = 0
  #at: number
  #elapsed = 0
  #sum = 0
  #squares = 0

  constructor(nowMs: number) {
    this.#at = nowMs
  }

  set(value: number, nowMs: number): void {
    this.#advance(nowMs)
    this.#value = value
    if (value > this.#high) this.#high = value
  }

  /** What was since the last call. */
  reset(nowMs: number): Demand {
    this.#advance(nowMs)
    const average = this.#elapsed > 0 ? this.#sum / this.#elapsed : this.#value
    const variance = this.#elapsed > 0 ? this.#squares / this.#elapsed - average * average : 0
    const demand = { high: this.#high, average, deviation: Math.sqrt(Math.max(0, variance)) }
    this.#elapsed = 0
    this.#sum = 0
    this.#squares = 0
    this.#high = this.#value
    return demand
  }

  #advance(nowMs: number): void {
    const elapsed = Math.max(0, nowMs - this.#at)
    this.#at = nowMs
    this.#elapsed += elapsed
    this.#sum += this.#value * elapsed
    this.#squares += this.#value * this.#value * elapsed
  }
}
