// Records Events (core/v1) about objects: equal ones become one with a count, similar ones are aggregated, floods are dropped.
// Numbers after client-go's tools/record: 10 similar in 10 minutes aggregate; a burst of 25 per object, refilled one in 5 minutes.
import { type ApiError, isNotFound } from '../apimachinery/api-error.ts'
import { type Clock, timestamp } from '../apimachinery/clock.ts'
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

interface EventBody {
  [field: string]: unknown
  metadata: { namespace: string; name: string }
  count: number
}

/** A recorder for one component of one process. */
export function createEventRecorder(options: RecorderOptions): EventRecorder {
  const sent = new Map<string, { name: string; namespace: string; count: number; first: string }>()
  const similar = new Map<string, { messages: Set<string>; at: number }>()
  const budgets = new Map<string, { tokens: number; at: number }>()
  let queued = 0
  let tail: Promise<void> = Promise.resolve()

  const admit = (key: string): boolean => {
    const now = options.clock.now()
    const budget = budgets.get(key) ?? { tokens: burst, at: now }
    budget.tokens = Math.min(burst, budget.tokens + (now - budget.at) / refillMs)
    budget.at = now
    remember(budgets, key, budget)
    if (budget.tokens < 1) return false
    budget.tokens -= 1
    return true
  }

  const aggregated = (key: string, message: string): boolean => {
    const now = options.clock.now()
    let entry = similar.get(key)
    if (entry === undefined || now - entry.at > similarWindowMs) entry = { messages: new Set(), at: now }
    entry.at = now
    if (entry.messages.size < similarLimit) entry.messages.add(message)
    remember(similar, key, entry)
    return entry.messages.size >= similarLimit
  }

  const send = async (key: string, body: EventBody): Promise<void> => {
    const before = sent.get(key)
    if (before !== undefined) {
      const patch = { count: before.count + 1, lastTimestamp: body['lastTimestamp'], message: body['message'] }
      try {
        await options.client.patch(options.eventKind, before, patch, { type: 'strategic' })
        before.count++
        return
      } catch (error) {
        if (!isNotFound(error)) throw error // expired: start anew
      }
    }
    await options.client.create(options.eventKind, body as KubeObject)
    remember(sent, key, { ...body.metadata, count: 1, first: String(body['firstTimestamp']) })
  }

  return {
    record(regarding, type, reason, message, fieldPath) {
      const involved = reference(regarding, fieldPath)
      const target = JSON.stringify([options.component, options.host, involved.uid, involved.name, involved.namespace, involved.fieldPath])
      if (queued >= maxQueued || !admit(target)) return
      const combined = aggregated(`${target}${type}${reason}`, message)
      const key = `${target}${type}${reason}${combined ? '' : message}`
      const text = combined ? `(combined from similar events): ${message}` : message
      const body = eventBody(options, involved, type, reason, text.slice(0, 1024))
      queued++
      tail = tail
        .then(() => send(key, body))
        .catch((error: ApiError) => options.onError?.(error))
        .then(() => {
          queued--
        })
    },
    flush: () => tail,
  }
}

function eventBody(options: RecorderOptions, involved: Reference, type: string, reason: string, message: string): EventBody {
  const now = options.clock.now()
  const namespace = involved.namespace ?? 'default'
  // upstream's name: <object>.<nanoseconds in hex>
  const stamp = (BigInt(Math.round(now)) * 1_000_000n + BigInt(sequence++ % 1_000_000)).toString(16)
  const at = timestamp(now)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name: `${involved.name}.${stamp}` },
    involvedObject: involved,
    reason,
    message,
    type,
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    source: { component: options.component, ...(options.host === undefined ? {} : { host: options.host }) },
    reportingComponent: options.component,
    reportingInstance: options.host ?? '',
  }
}
let sequence = 0

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

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= maxRemembered) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
