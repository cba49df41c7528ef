// A component is one function: the same for its own process (`k8ts scheduler`) and for startCluster() in one process.
import type { Logger } from 'pino'
import type { Clock, Random } from './apimachinery/clock.ts'
import type { Client } from './client/client.ts'

/** What a worker is given; it opens nothing by itself. */
export interface ComponentContext {
  client: Client
  clock: Clock
  random: Random
  log: Logger
  /** The component runs until this aborts, then resolves when everything is closed. */
  signal: AbortSignal
}

/** Resolves when stopped; rejects when it cannot go on. Calls `ready` once when it does its work. */
export type Component<Options> = (options: Options, context: ComponentContext & { ready?: () => void }) => Promise<void>
