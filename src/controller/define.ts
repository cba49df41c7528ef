// A controller is data plus one pure function. runner.ts executes it.
import type { Random } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Lister } from '../client/lister.ts'
import type { Plan } from './plan.ts'

export type { Lister } from '../client/lister.ts'

export type ReadsOf<R extends Record<string, Kind>> = { [K in keyof R]: Lister<NonNullable<R[K]['object']>> }

/** What a reconcile may know besides its object. */
export interface ReconcileContext {
  /** Milliseconds since the epoch. */
  now: number
  random: Random
  /** The key being reconciled, "namespace/name". */
  key: string
  /** The controller's own notes (observations, reservations): lost at a restart, so never the only copy of anything. */
  memory: Map<string, unknown>
}

/**
 * Maps a change of another kind to the keys to reconcile. `reads` are the controller's listers; `previous` is the state before an update,
 * undefined for an object that came or went.
 */
export interface WatchMapping<R extends Record<string, Kind>> {
  kind: Kind
  /** The changes that are mapped. Default: all. */
  on?: readonly ('added' | 'updated' | 'deleted')[]
  // biome-ignore lint/suspicious/noExplicitAny: the mapped kind varies per entry
  map: (object: any, reads: ReadsOf<R>, previous: any | undefined) => string[]
}

export interface ControllerSpec<T extends KubeObject, R extends Record<string, Kind>> {
  /** Upstream's name minus "-controller". */
  name: string
  for: Kind<T>
  /** Run only where the API server serves the version of `for`: it is one that servers do not serve by default. */
  ifServed?: true
  /** What events call their source. Default: the name and `-controller`. */
  eventSource?: string
  /** Whether an update of the object itself wakes it. Default: every one does. */
  wakes?: (object: T, previous: T) => boolean
  /** Kinds whose controller owner reference leads back to `for`. */
  owns?: readonly Kind[]
  /** Caches handed to reconcile. `owns` kinds are to be listed here too when they are read. */
  reads: R
  /** Other kinds whose changes wake keys. */
  watches?: readonly WatchMapping<R>[]
  /** Secondary indexes: index name → kind and its key function. */
  // biome-ignore lint/suspicious/noExplicitAny: the indexed kind varies per entry
  indexes?: Readonly<Record<string, { kind: Kind; values: (object: any) => string[] }>>
  /** Keys being reconciled at once. Default 5. */
  workers?: number
  /** Reconcile everything again this often. Default: never. */
  resyncMs?: number
  /** Options that flags of the controller-manager fill, with their defaults (durations in ms). */
  options?: Readonly<Record<string, unknown>>
  /** How long a key rests after a failure. Default: longer with each; so it is after a conflict in any case. */
  retryAfterMs?: (options: Readonly<Record<string, unknown>>) => number
  /** Ports to the world beyond the API, handed in as `ports`; only such a controller may be async. */
  needs?: readonly string[]
  /** Pure: frozen in, plan out. `object` is undefined when it is gone from the cache (only with `absent: true`). */
  reconcile: (
    object: T,
    reads: ReadsOf<R>,
    context: ReconcileContext & { options: Record<string, unknown>; ports: Record<string, unknown> },
  ) => Plan | Promise<Plan>
  /** Called instead of reconcile for a key whose object is gone. Default: nothing to do. */
  absent?: (
    key: string,
    reads: ReadsOf<R>,
    context: ReconcileContext & { options: Record<string, unknown>; ports: Record<string, unknown> },
  ) => Plan | Promise<Plan>
}

// biome-ignore lint/suspicious/noExplicitAny: a list of controllers mixes kinds
export type Controller = ControllerSpec<any, any>

/** Checks nothing at run time: it only infers the types of `reconcile`. */
export function defineController<T extends KubeObject, R extends Record<string, Kind>>(spec: ControllerSpec<T, R>): Controller {
  return spec
}

/** A controller that is no reconcile of one kind (the garbage collector walks all of them). It acts through its ports only. */
export interface LoopController {
  name: string
  needs: readonly string[]
  options?: Readonly<Record<string, unknown>>
  /** Resolves when the signal aborts. */
  run: (ports: Record<string, unknown>, context: { options: Record<string, unknown>; signal: AbortSignal }) => Promise<void>
}

export function isLoop(controller: Controller | LoopController): controller is LoopController {
  return 'run' in controller
}
