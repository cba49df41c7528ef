// One watch of a faked server: a queue of events that can end, cleanly or with an error.
import type { WatchEvent } from '../../src/client/client.ts'

/** Events on their way to one watcher. */
export class WatchStream {
  readonly #events: WatchEvent[] = []
  #wake: (() => void) | undefined
  #ended: { error: unknown } | undefined

  constructor(signal: AbortSignal | undefined) {
    signal?.addEventListener('abort', () => this.end(signal.reason), { once: true })
  }

  push(event: WatchEvent): void {
    if (this.#ended !== undefined) return
    this.#events.push(event)
    this.#wake?.()
  }

  end(error?: unknown): void {
    this.#ended ??= { error }
    this.#wake?.()
  }

  async *events(): AsyncGenerator<WatchEvent> {
    for (;;) {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) yield event
      if (this.#ended !== undefined) {
        if (this.#ended.error !== undefined) throw this.#ended.error
        return
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
