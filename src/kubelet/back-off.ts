// Exponential back-off of container restarts and image pulls: 10 s doubled up to 300 s, forgotten after 10 quiet minutes.
// Numbers of client-go's flowcontrol.Backoff as the kubelet sets them. Pure.

/** `at` is when the delay was last raised. */
export interface BackoffEntry {
  delayMs: number
  at: number
}

export const initialDelayMs = 10_000
export const maxDelayMs = 300_000

/** The entry after one more failure at `now`. */
export function nextBackoff(entry: BackoffEntry | undefined, now: number): BackoffEntry {
  if (entry === undefined || now - entry.at > 2 * maxDelayMs) return { delayMs: initialDelayMs, at: now }
  return { delayMs: Math.min(maxDelayMs, entry.delayMs * 2), at: now }
}

/** Until when something that failed at `since` has to rest; `since` itself when it need not. */
export function backoffUntil(entry: BackoffEntry | undefined, since: number): number {
  if (entry === undefined || since - entry.at > 2 * maxDelayMs) return since
  return since + entry.delayMs
}

/** As Go prints it: 10s, 1m20s, 5m0s. */
export function delayText(delayMs: number): string {
  const seconds = Math.round(delayMs / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
