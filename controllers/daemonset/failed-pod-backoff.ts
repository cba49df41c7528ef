// How long a failed daemon pod is left alone before it is replaced: 1 s, doubling to 15 minutes, per node and generation.
const initialMs = 1000
const maxMs = 15 * 60_000

interface Entry {
  generation: number
  delayMs: number
  at: number
}

/** A function of the node: the milliseconds to wait, or 0 after noting a further try. `memory` is the controller's. */
export function failedPodBackoff(memory: Map<string, unknown>, key: string, generation: number, now: number): (node: string) => number {
  return (node) => {
    let entries = memory.get(key) as Map<string, Entry> | undefined
    if (entries === undefined) memory.set(key, (entries = new Map()))
    const entry = entries.get(node)
    const known = entry !== undefined && entry.generation === generation && now - entry.at <= 2 * maxMs
    if (known && now - entry.at < entry.delayMs) return entry.delayMs - (now - entry.at)
    entries.set(node, { generation, at: now, delayMs: known ? Math.min(entry.delayMs * 2, maxMs) : initialMs })
    return 0
  }
}
