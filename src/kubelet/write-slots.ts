// A limit on how many writes of one process are under way at once; the others wait in order. Each pod waits at most once.

export interface WriteSlots {
  /** Resolves with what gives the slot back. */
  take(): Promise<() => void>
}

/** Makes `count` slots. */
export function writeSlots(count: number): WriteSlots {
  const waiting: (() => void)[] = []
  let free = count
  const release = () => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
  const once = () => {
    let done = false
    return () => {
      if (!done) release()
      done = true
    }
  }
  return {
    take() {
      if (free > 0) {
        free--
        return Promise.resolve(once())
      }
      return new Promise((resolve) => waiting.push(() => resolve(once())))
    },
  }
}
