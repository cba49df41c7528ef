// Records Events (core/v1) about objects: equal ones become one with a count, similar ones are aggregated, floods are dropped.
// Numbers after client-go's tools/record: 10 similar in 10 minutes aggregate; a burst of 25 per object, refilled one in 5 minutes.
import { ApiError, isNotFound } from '../apimachinery/api-error.ts'
import { type Clock, sleep, timestamp } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Client } from './client.ts'

export interface RecorderOptions {
  client: Client
  eventKind: Kind
  clock: Clock
  /** Shown as the event's source, e.g. "deployment-controller". */
  component: string
  /** Node name of a kubelet or kube-proxy. */
  host?: string
  /** Ends the waiting for a server that does not answer. */
  signal?: AbortSignal
  onError?: (error: unknown) => void
}

export interface EventRecorder {
  /** Never throws and never blocks; dropped when the queue is full. `fieldPath` names a part, e.g. spec.containers{nginx}. */
  record(regarding: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void
  /** Resolves when everything recorded so far has been sent or given up. */
  flush(): Promise<void>
}

const maxQueued = 1000
const maxRemembered = 4096
const similarLimit = 10
const similarWindowMs = 600_000
const burst = 25
const refillMs = 300_000
/** A server that cannot be reached is tried again: upstream's maxTriesPerEvent and defaultSleepDuration. */
const maxTries = 12
const retryMs = 10_000

interface EventBody {
  [field: string]: unknown
  metadata: { namespace: string; name: string }
  count: number
}

/** A recorder for one component of one process. */
export function createEventRecorder(options: RecorderOptions): EventRecorder {
  const { clock, client, eventKind, onError } = options
  const correlate = correlator(clock)
  /** Names of events on the server, by what makes events equal. */
  const sent = new Map<string, { name: string; namespace: string }>()
  let queued = 0
  let sequence = 0
  let tail: Promise<void> = Promise.resolve()

  const send = async (key: string, body: EventBody): Promise<void> => {
    const before = body.count > 1 ? sent.get(key) : undefined
    if (before !== undefined) {
      const patch = { count: body.count, lastTimestamp: body['lastTimestamp'], message: body['message'] }
      try {
        await client.patch(eventKind, before, patch, { type: 'strategic' })
        return
      } catch (error) {
        if (!isNotFound(error)) throw error // expired: start anew
      }
    }
    await client.create(eventKind, body as KubeObject)
    remember(sent, key, body.metadata)
  }
  const persist = async (key: string, body: EventBody): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        return await send(key, body)
      } catch (error) {
        onError?.(error)
        // a server that answers "no" will not change its mind
        if (error instanceof ApiError || tries === maxTries || options.signal?.aborted) return
        await sleep(clock, retryMs, options.signal).catch(() => {})
      }
    }
  }

  return {
    record(regarding, type, reason, message, fieldPath) {
      if (queued >= maxQueued) return
      const involved = reference(regarding, fieldPath)
      const verdict = correlate(involved, type, reason, message)
      if (verdict === undefined) return
      const body = { ...eventBody(options, involved, type, reason, verdict.message.slice(0, 1024), sequence++), ...verdict.times }
      queued++
      tail = tail
        .then(() => persist(verdict.key, body))
        .then(() => {
          queued--
        })
    },
    flush: () => tail,
  }
}

interface Verdict {
  /** What makes events equal. */
  key: string
  message: string
  times: { count: number; firstTimestamp: string; lastTimestamp: string }
}

/** Aggregates, counts and limits, in upstream's order; undefined for an event that is one too many. */
function correlator(clock: Clock): (involved: Reference, type: string, reason: string, message: string) => Verdict | undefined {
  const similar = new Map<string, { messages: Set<string>; at: number }>()
  const counts = new Map<string, { count: number; first: string }>()
  const budgets = new Map<string, { tokens: number; at: number }>()
  return (involved, type, reason, message) => {
    const now = clock.now()
    const { fieldPath = '', ...object } = involved
    const identity = JSON.stringify([object.kind, object.namespace, object.name, object.uid, object.apiVersion])

    const group = `${identity}${type}/${reason}`
    let entry = similar.get(group)
    if (entry === undefined || now - entry.at > similarWindowMs) entry = { messages: new Set(), at: now }
    entry.at = now
    entry.messages.add(message)
    remember(similar, group, entry)
    const combined = entry.messages.size >= similarLimit
    if (combined) entry.messages.delete(message)

    const key = combined ? group : `${group}/${fieldPath}/${message}`
    const observed = counts.get(key) ?? { count: 0, first: timestamp(now) }
    observed.count++
    remember(counts, key, observed)

    const budget = budgets.get(identity) ?? { tokens: burst, at: now }
    budget.tokens = Math.min(burst, budget.tokens + (now - budget.at) / refillMs)
    budget.at = now
    remember(budgets, identity, budget)
    if (budget.tokens < 1) return undefined
    budget.tokens -= 1
    const times = { count: observed.count, firstTimestamp: observed.first, lastTimestamp: timestamp(now) }
    return { key, message: combined ? `(combined from similar events): ${message}` : message, times }
  }
}

function eventBody(
  options: RecorderOptions,
  involved: Reference,
  type: string,
  reason: string,
  message: string,
  sequence: number,
): EventBody {
  const namespace = involved.namespace || 'default'
  // upstream's name: <object>.<nanoseconds in hex>
  const stamp = (BigInt(Math.round(options.clock.now())) * 1_000_000n + BigInt(sequence % 1_000_000)).toString(16)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name: `${involved.name}.${stamp}` },
    involvedObject: involved,
    reason,
    message,
    type,
    count: 1,
    source: { component: options.component, ...(options.host === undefined ? {} : { host: options.host }) },
    reportingComponent: options.component,
    reportingInstance: options.host ?? '',
  }
}

interface Reference {
  apiVersion?: string
  kind?: string
  namespace?: string
  name: string
  uid?: string
  resourceVersion?: string
  fieldPath?: string
}

function reference(object: KubeObject, fieldPath: string | undefined): Reference {
  const { namespace, name, uid, resourceVersion } = object.metadata ?? {}
  return {
    ...(object.apiVersion === undefined ? {} : { apiVersion: object.apiVersion }),
    ...(object.kind === undefined ? {} : { kind: object.kind }),
    ...(namespace === undefined ? {} : { namespace }),
    name: name ?? '',
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  }
}

/** Bounded: the one not used for longest goes first. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= maxRemembered) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
