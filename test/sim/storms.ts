// The kinds of storm, as data: what may happen at all. How hard it is in one simulation is drawn from the seed.
import { fairWeather, type Weather } from './network.ts'
import type { Seeded } from './seeded.ts'

export interface Storm {
  /** Requests fail and are late, watches break. */
  requests: boolean
  /** Components are killed and started again, and so is the API server. */
  restarts: boolean
  /** Nodes crash, go for good and come. */
  nodes: boolean
  /** Pods are deleted and evicted under their owners. */
  pods: boolean
  /** Requests fail three times as often. */
  fierce?: true
  /** Two controller-managers and two schedulers; one of each leads. */
  pairs?: true
}

export const storms = {
  none: { requests: false, restarts: false, nodes: false, pods: false },
  requests: { requests: true, restarts: false, nodes: false, pods: false },
  restarts: { requests: true, restarts: true, nodes: false, pods: false },
  pods: { requests: true, restarts: false, nodes: false, pods: true },
  nodes: { requests: false, restarts: false, nodes: true, pods: true },
  fierce: { requests: true, restarts: true, nodes: false, pods: false, fierce: true },
  pairs: { requests: true, restarts: true, nodes: false, pods: true, pairs: true },
  all: { requests: true, restarts: true, nodes: true, pods: true },
} satisfies Record<string, Storm>

export type StormName = keyof typeof storms

/** The weather of a storm. */
export function weatherOf(storm: Storm, random: Seeded): Weather {
  if (!storm.requests) return fairWeather
  const share = (most: number) => random.next() ** 2 * most * (storm.fierce ? 3 : 1)
  return {
    latencyMs: [0, random.between(1, 50)],
    slow: share(0.1),
    slowMs: random.between(200, 20_000),
    resetBefore: share(0.1),
    resetAfter: share(0.1),
    internalError: share(0.1),
    tooManyRequests: share(0.1),
    conflict: share(0.1),
    gone: share(0.2),
    watchCutMs: random.between(5_000, 120_000),
    stall: share(0.1),
    stallMs: random.between(1_000, 45_000),
  }
}
