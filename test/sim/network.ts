// The network between processes and the API server: latency, and in a storm what a network and a busy server can do to a request.
import type { Clock } from '../../src/apimachinery/clock.ts'
import { sleep } from '../../src/apimachinery/clock.ts'
import type { ServerContext } from '../../src/apiserver/context.ts'
import type { Transport, TransportRequest, TransportResponse } from '../../src/client/transport.ts'
import { type Exchange, exchange } from './direct.ts'
import type { Seeded } from './seeded.ts'

/** How likely each fault is for one request (or watch), 0 to 1, and how long things take. */
export interface Weather {
  latencyMs: readonly [number, number]
  /** Share of requests that take `slowMs` at most instead. */
  slow: number
  slowMs: number
  /** The connection breaks before the server has seen the request, or after it has done it. */
  resetBefore: number
  resetAfter: number
  /** Answers of a server in trouble: nothing was done. */
  internalError: number
  tooManyRequests: number
  /** 409 for updates and patches, as another writer would cause it. */
  conflict: number
  /** 410 for watches that begin at a revision. */
  gone: number
  /** A watch breaks, ends or expires after about this time. */
  watchCutMs: number
  /** Share of watch pieces that come late, by `stallMs` at most. */
  stall: number
  stallMs: number
}

export const fairWeather: Weather = {
  latencyMs: [0, 2],
  slow: 0,
  slowMs: 0,
  resetBefore: 0,
  resetAfter: 0,
  internalError: 0,
  tooManyRequests: 0,
  conflict: 0,
  gone: 0,
  watchCutMs: Number.POSITIVE_INFINITY,
  stall: 0,
  stallMs: 0,
}

/** What a process sees of the network. `up` undefined: no server listens. */
export interface Link {
  name: string
  clock: Clock
  random: Seeded
  weather: () => Weather
  up: () => ServerContext | undefined
  /** False once the process is dead: it hears of nothing any more. */
  alive: () => boolean
  /** Connections that end with the process or the server. */
  connections: Set<Exchange>
  /** Told of every request and how it ended. */
  note: (line: string) => void
  /** Told of the revisions in answers to writes. */
  acknowledged: (revision: number, what: string) => void
  /** Told of every piece of a watch. */
  watched: (watch: WatchTrace, piece: Uint8Array) => void
}

/** What is remembered of a watch, to see that its revisions only grow. */
export interface WatchTrace {
  path: string
  revision: number
  initial: boolean
}

const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
/** A promise of its own each time: one for all would hold whatever has ever waited for it. */
const never = () => new Promise<never>(() => {})

/** The transport of one process. */
export function linked(link: Link): Transport {
  return async (request) => {
    const answer = await raced(send(link, request), request.signal)
    return link.alive() ? answer : never()
  }
}

async function send(link: Link, request: TransportRequest): Promise<TransportResponse> {
  const { random, clock } = link
  const weather = link.weather()
  const what = `${link.name} ${request.method} ${request.path}`
  const watch = request.path.includes('watch=true')
  await sleep(clock, latency(weather, random))
  const server = link.up()
  if (server === undefined) {
    link.note(`${what} refused`)
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  }
  const fault = faultOf(request, weather, random, watch)
  if (fault === 'reset') {
    link.note(`${what} reset`)
    throw reset()
  }
  if (fault !== undefined && fault !== 'lost') {
    link.note(`${what} ${fault.code} injected`)
    return statusAnswer(fault)
  }
  const going = exchange(server, request)
  link.connections.add(going)
  try {
    const head = await going.head
    if (watch && head.status === 200) return { ...head, body: watchBody(link, going, request, weather) }
    const bytes = await collected(going.body)
    link.note(`${what} ${head.status} ${bytes.byteLength}`)
    if (request.method !== 'GET' && head.status < 300) acknowledge(link, bytes, what)
    await sleep(clock, latency(weather, random))
    if (fault === 'lost') throw reset()
    return { ...head, body: once(bytes) }
  } finally {
    if (!watch) link.connections.delete(going)
  }
}

type Fault = 'reset' | 'lost' | { code: number; reason: string; message: string; retryAfterSeconds?: number }

function faultOf(request: TransportRequest, weather: Weather, random: Seeded, watch: boolean): Fault | undefined {
  const drawn = random.next()
  let edge = weather.resetBefore
  if (drawn < edge) return 'reset'
  if (drawn < (edge += weather.resetAfter)) return watch ? 'reset' : 'lost'
  if (drawn < (edge += weather.internalError)) return { code: 500, reason: 'InternalError', message: 'etcdserver: request timed out' }
  if (drawn < (edge += weather.tooManyRequests))
    return { code: 429, reason: 'TooManyRequests', message: 'Too many requests, please try again later.', retryAfterSeconds: 1 }
  if (drawn < (edge += weather.conflict) && (request.method === 'PUT' || (request.method === 'PATCH' && !apply(request))))
    return { code: 409, reason: 'Conflict', message: 'the object has been modified; please apply your changes to the latest version' }
  if (drawn < edge + weather.gone && watch && /[?&]resourceVersion=[1-9]/.test(request.path))
    return { code: 410, reason: 'Expired', message: 'too old resource version' }
  return undefined
}

const apply = ({ headers }: TransportRequest): boolean => headers['content-type']?.includes('apply') === true

function statusAnswer({ code, reason, message, retryAfterSeconds }: Exclude<Fault, string>): TransportResponse {
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code, ...details }
  const headers = { 'content-type': 'application/json', ...(retryAfterSeconds === undefined ? {} : { 'retry-after': '1' }) }
  return { status: code, headers, body: once(Buffer.from(JSON.stringify(status))) }
}

function latency({ latencyMs: [least, most], slow, slowMs }: Weather, random: Seeded): number {
  return slow > 0 && random.chance(slow) ? random.next() * slowMs : least + random.next() * (most - least)
}

/** A watch's pieces in order, late and cut short as the weather wants it. */
async function* watchBody(link: Link, going: Exchange, request: TransportRequest, weather: Weather): AsyncGenerator<Uint8Array> {
  const { random, clock } = link
  const trace = { path: request.path, revision: 0, initial: request.path.includes('sendInitialEvents=true') }
  const cutAt = Number.isFinite(weather.watchCutMs) ? clock.now() - Math.log(1 - random.next()) * weather.watchCutMs : undefined
  const end = random.pick(['reset', 'end', 'expired'] as const)
  const cut = cutAt === undefined ? undefined : clock.after(cutAt - clock.now(), () => going.cut())
  const gone = () => going.cut()
  request.signal?.addEventListener('abort', gone, { once: true })
  try {
    for await (const piece of going.body) {
      const now = link.weather()
      await sleep(clock, now.stall > 0 && random.chance(now.stall) ? random.next() * now.stallMs : latency(now, random))
      if (!link.alive()) await never()
      if (request.signal?.aborted) throw request.signal.reason
      link.watched(trace, piece)
      yield piece
    }
  } catch (error) {
    if (!link.alive()) await never()
    if (request.signal?.aborted) throw request.signal.reason
    if (cutAt === undefined || clock.now() < cutAt || end === 'reset') throw error
    if (end === 'end') return
    const status = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Expired',
      code: 410,
      message: 'too old resource version',
    }
    yield Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
  } finally {
    cut?.cancel()
    going.cut()
    link.connections.delete(going)
    request.signal?.removeEventListener('abort', gone)
  }
}

function acknowledge(link: Link, bytes: Uint8Array, what: string): void {
  const text = Buffer.from(bytes).toString('latin1')
  const revision = text.startsWith('{"kind":"Status"') ? undefined : /"resourceVersion":"(\d+)"/.exec(text)?.[1]
  if (revision !== undefined && !what.includes('dryRun')) link.acknowledged(Number(revision), what)
}

async function collected(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function raced<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason)
    if (signal.aborted) aborted()
    signal.addEventListener('abort', aborted, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}
