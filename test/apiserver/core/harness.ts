// A whole API server in memory, asked through inject: no socket, no real clock.
import { pino } from 'pino'
import { builtinKinds } from '../../../src/api/index.ts'
import type { Clock, Timer } from '../../../src/apimachinery/clock.ts'
import type { KubeObject } from '../../../src/apimachinery/meta.ts'
import type { ApiServer, ServerDependencies } from '../../../src/apiserver/component.ts'
import { createServer } from '../../../src/apiserver/component.ts'
import type { ServerOptions } from '../../../src/apiserver/context.ts'
import type { EmbeddedOptions } from '../../../src/storage/embedded/embedded.ts'
import { openEmbedded } from '../../../src/storage/embedded/embedded.ts'

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  #now = Date.parse('2026-03-01T12:00:00Z')
  #timers = new Set<{ at: number; callback: () => void }>()

  now(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  /** Moves on, calling back what falls due, in order. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    while (true) {
      const due = [...this.#timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.#now = Math.max(this.#now, due.at)
      due.callback()
      await settle()
    }
    this.#now = until
  }
}

/** Lets everything run that is ready to run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A repeatable source of randomness. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export interface Reply {
  code: number
  headers: Record<string, string | string[] | number | undefined>
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into
  body: any
}

export interface Harness {
  server: ApiServer
  clock: ManualClock
  call: (method: string, url: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>
  /** Opens a watch; events come as they are written. */
  watch: (url: string, headers?: Record<string, string>) => Promise<OpenWatch>
  close: () => Promise<void>
}

export interface WatchedEvent {
  type: string
  object: KubeObject & { message?: string; reason?: string; code?: number; rows?: unknown[]; columnDefinitions?: unknown[] | null }
}

export interface OpenWatch {
  code: number
  headers: Record<string, string | string[] | number | undefined>
  /** The next `count` events. */
  take: (count: number) => Promise<WatchedEvent[]>
  /** Everything until the end of the stream. */
  rest: () => Promise<WatchedEvent[]>
  stop: () => void
}

export async function start(
  options: Partial<ServerOptions> = {},
  dependencies: Partial<ServerDependencies> = {},
  storageOptions: Partial<EmbeddedOptions> = {},
): Promise<Harness> {
  const clock = new ManualClock()
  const storage = dependencies.storage ?? (await openEmbedded({ path: undefined, ...storageOptions }))
  const log = pino({ level: 'silent' })
  const server = await createServer(options, { storage, kinds: builtinKinds, clock, random: seeded(7), log, ...dependencies })
  return {
    server,
    clock,
    call: (method, url, body, headers) => call(server, method, url, body, headers),
    watch: (url, headers) => openWatch(server, url, headers),
    close: async () => {
      await server.close()
      await storage.close()
    },
  }
}

async function call(server: ApiServer, method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const raw = typeof body === 'string' || Buffer.isBuffer(body)
  const reply = await server.fastify.inject({
    method: method as 'GET',
    url,
    headers: { ...(body === undefined || headers['content-type'] !== undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { payload: raw ? body : JSON.stringify(body) }),
  })
  const json = String(reply.headers['content-type']).includes('json')
  return { code: reply.statusCode, headers: reply.headers, text: reply.body, body: json ? tryParse(reply.body) : undefined }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function openWatch(server: ApiServer, url: string, headers: Record<string, string> = {}): Promise<OpenWatch> {
  const reply = await server.fastify.inject({ method: 'GET', url, headers, payloadAsStream: true })
  const stream = reply.stream()
  const iterator = lines(stream)[Symbol.asyncIterator]()
  const take = async (count: number) => {
    const events: WatchedEvent[] = []
    while (events.length < count) {
      const { value, done } = await iterator.next()
      if (done) throw new Error(`the watch ended after ${events.length} events of ${count}: ${JSON.stringify(events)}`)
      events.push(JSON.parse(value) as WatchedEvent)
    }
    return events
  }
  const rest = async () => {
    const events: WatchedEvent[] = []
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) events.push(JSON.parse(next.value) as WatchedEvent)
    return events
  }
  return { code: reply.statusCode, headers: reply.headers, take, rest, stop: () => stream.destroy() }
}

async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let left = ''
  for await (const piece of stream) {
    const parts = (left + piece.toString()).split('\n')
    left = parts.pop()!
    yield* parts
  }
}

/** `ADDED a, MODIFIED b`: events in short. */
export function summary(events: readonly WatchedEvent[]): string {
  return events.map(({ type, object }) => `${type} ${object.metadata?.name ?? ''}`.trim()).join(', ')
}

export const configMaps = '/api/v1/namespaces/default/configmaps'
export const pods = '/api/v1/namespaces/default/pods'

export function configMap(name: string, data: Record<string, string> = {}, labels?: Record<string, string>): KubeObject {
  return { metadata: { name, ...(labels === undefined ? {} : { labels }) }, data } as KubeObject
}

export function pod(name: string, nodeName?: string): KubeObject {
  return {
    metadata: { name },
    spec: { containers: [{ name: 'c', image: 'nginx' }], ...(nodeName === undefined ? {} : { nodeName }) },
  } as KubeObject
}
