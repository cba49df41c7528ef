// Exponential backoff per key, and with jitter for reconnects.
import type { Random } from '../apimachinery/clock.ts'

export interface BackoffOptions {
  initialMs: number
  maxMs: number
  /** Default 2. */
  factor?: number
  /** Up to this share is added at random (0.5 = up to half as much again). Default 0. */
  jitter?: number
}

/** Delay before attempt number `attempt` (0 = first retry), in milliseconds. */
export function backoffDelay(options: BackoffOptions, attempt: number, random: Random = () => 0): number {
  const base = Math.min(options.maxMs, options.initialMs * (options.factor ?? 2) ** attempt)
  return base * (1 + (options.jitter ?? 0) * random())
}
