// The read path: placeholder of the type until the cache follows in the next commit.
import type { Reader } from './admission/plugin.ts'

export interface WatchCache extends Reader {
  /** Newest revision that the cache has taken in. */
  readonly revision: number
}
