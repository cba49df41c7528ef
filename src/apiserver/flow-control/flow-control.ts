// API Priority and Fairness: every short request and the beginning of every watch takes seats of its priority level, waits in a queue, or is rejected.
// The configuration follows the FlowSchema and PriorityLevelConfiguration objects in the cache.
import { hash } from 'node:crypto'
import { FlowSchema } from '../../api/flowcontrol/flowschema.ts'
import { PriorityLevelConfiguration } from '../../api/flowcontrol/prioritylevelconfiguration.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import type { User } from '../authentication/user.ts'
import type { RequestContext, ServerContext } from '../context.ts'
import { borrowedLimits, smoothedDemand } from './borrowing.ts'
import type { Configuration, Level, Schema } from './configuration.ts'
import { flowConfiguration } from './configuration.ts'
import { writeDangling } from './dangling.ts'
import { DroppedRequests } from './dropped-requests.ts'
import { FlowMetrics } from './flow-metrics.ts'
import { matchesFlowSchema } from './matching.ts'
import type { Rejection, Ticket } from './queue-set.ts'
import { QueueSet } from './queue-set.ts'
import type { ResourceStats } from './seats.ts'
import { workOf } from './seats.ts'
import { dealHand } from './shuffle-sharding.ts'

/** What flow control says of a request. */
export type Admission =
  | { admitted: true; headers: Record<string, string> /** Gives the seats back; once. */; release: () => void }
  | { admitted: false; headers: Record<string, string>; retryAfterSeconds: number }

export interface FlowControl {
  /** For every request but long-running ones that are no watches. */
  admit(request: RequestContext): Admission | Promise<Admission>
  /** Lines of /metrics. */
  metrics(): string[]
}

interface LevelState {
  level: Level
  queues: QueueSet
  dropped: DroppedRequests
  smoothed: number
}

/** A quarter of the minute that a request may take. */
const patienceMs = 15_000
const borrowingMs = 10_000
const maxHands = 4096

/** `concurrency`: all seats of the server. */
export function flowControl(server: ServerContext, concurrency: number): FlowControl {
  const states = new Map<string, LevelState>()
  const metrics = new FlowMetrics()
  const hands = new Map<string, readonly number[]>()
  let configuration: Configuration = { schemas: [], levels: new Map() }
  let changed = true
  const onChange = () => {
    changed = true
  }
  for (const kind of [FlowSchema, PriorityLevelConfiguration]) server.cache.bucket(kind as unknown as Kind).watchers.add(onChange)
  const configure = () => {
    changed = false
    const schemas = server.read.list(FlowSchema)
    configuration = flowConfiguration(schemas, server.read.list(PriorityLevelConfiguration), concurrency)
    void writeDangling(server, schemas, new Set(configuration.levels.keys()))
    hands.clear()
    for (const level of configuration.levels.values()) applyLevel(states, level, server)
    for (const [name, state] of states) if (!configuration.levels.has(name) && state.queues.idle) states.delete(name)
  }
  startBorrowing(server, states, () => configuration)
  return {
    admit: (request) => {
      if (changed) configure()
      const schema = classify(configuration, request.user, request)
      const state = states.get(schema.level)!
      const { level } = state
      const work = workOf(request.info, request.query, statsOf(server, request), level.maxSeats)
      const hand = level.queuing === undefined ? [] : handOf(hands, schema, level, request)
      const headers = headersOf(schema, level)
      const labels = metrics.labels(level.name, schema.name)
      const begun = server.clock.now()
      const decided = (result: Ticket | Rejection): Admission => {
        metrics.waited(labels, server.clock.now() - begun, typeof result !== 'string')
        if (typeof result !== 'string') return admitted(state, result, headers, () => metrics.finished(labels, server.clock.now() - begun))
        metrics.rejected(labels, result)
        return { admitted: false, headers, retryAfterSeconds: state.dropped.record(server.clock.now()) }
      }
      const result = state.queues.start(work, hand, patienceMs - (begun - request.receivedAt), request.signal)
      return result instanceof Promise ? result.then(decided) : decided(result)
    },
    metrics: () => metrics.text([...states.values()].map(({ level, queues }) => ({ level, queues }))),
  }
}

function applyLevel(states: Map<string, LevelState>, level: Level, { clock }: ServerContext): void {
  const { exempt, queuing, nominal, min } = level
  const state = states.get(level.name)
  if (state === undefined) {
    const limit = exempt ? nominal : nominal - Math.floor((nominal - min) / 2)
    const queues = new QueueSet({ exempt, queuing, limit }, clock)
    states.set(level.name, { level, queues, dropped: new DroppedRequests(), smoothed: 0 })
  } else {
    state.level = level
    state.queues.configure({ exempt, queuing, limit: Math.max(min, Math.min(level.max, state.queues.limit)) })
  }
}

/** Every ten seconds seats move from levels that do not need them to those that do. */
function startBorrowing({ clock, signal }: ServerContext, states: Map<string, LevelState>, now: () => Configuration): void {
  const adjust = () => {
    const present = [...states.values()].filter(({ level }) => now().levels.has(level.name))
    const borrowers = present.map((state) => {
      const demand = state.queues.takeDemand()
      state.smoothed = smoothedDemand(state.smoothed, demand)
      const { exempt, nominal, min, max } = state.level
      return { exempt, nominal, min, max, current: state.queues.limit, high: demand.high, smoothed: state.smoothed }
    })
    for (const [index, limit] of borrowedLimits(borrowers).entries()) {
      const { level, queues } = present[index]!
      if (limit !== queues.limit) queues.configure({ exempt: level.exempt, queuing: level.queuing, limit })
    }
    timer = clock.after(borrowingMs, adjust)
  }
  let timer = clock.after(borrowingMs, adjust)
  signal.addEventListener('abort', () => timer.cancel(), { once: true })
}

function classify({ schemas }: Configuration, user: User, { info }: RequestContext): Schema {
  for (const schema of schemas) if (matchesFlowSchema(user, info, schema.object)) return schema
  return schemas.find(({ name }) => name === 'catch-all') ?? schemas.at(-1)!
}

/** The queues of a flow; flows are told apart by user or namespace, as the schema says. */
function handOf(hands: Map<string, readonly number[]>, schema: Schema, level: Level, { info, user }: RequestContext): readonly number[] {
  const { queues, handSize } = level.queuing!
  const flow = queues <= 1 || schema.distinguisher === undefined ? '' : schema.distinguisher === 'ByUser' ? user.name : info.namespace
  const key = `${schema.name}\0${flow}`
  let hand = hands.get(key)
  if (hand === undefined) {
    const bits = Buffer.from(hash('sha256', key, 'hex').slice(0, 16), 'hex').readBigUInt64LE()
    hand = dealHand(bits, queues, handSize)
    if (hands.size >= maxHands) hands.clear()
    hands.set(key, hand)
  }
  return hand
}

function headersOf(schema: Schema, level: Level): Record<string, string> {
  if (schema.uid === '' || level.uid === '') return {}
  return { 'X-Kubernetes-Pf-Flowschema-Uid': schema.uid, 'X-Kubernetes-Pf-Prioritylevel-Uid': level.uid }
}

function admitted(state: LevelState, ticket: Ticket, headers: Record<string, string>, done: () => void): Admission {
  let released = false
  const release = () => {
    if (released) return
    released = true
    done()
    state.queues.finish(ticket)
  }
  return { admitted: true, headers, release }
}

const samples = 8

function statsOf({ cache }: ServerContext, { resolved }: RequestContext): ResourceStats | undefined {
  if (resolved === undefined || resolved.kind.ephemeral === true) return undefined
  const bucket = cache.bucket(resolved.kind)
  let bytes = 0
  let seen = 0
  for (const entry of bucket.entries.values()) {
    bytes += entry.value.length
    if (++seen === samples) break
  }
  return { objects: bucket.entries.size, averageBytes: seen === 0 ? 0 : bytes / seen, watchers: bucket.watchers.size }
}
