// Keeps the condition Available of every APIService: looked at when it, its service or its endpoints change, every half minute, and soon
// again after a failed probe. Five at a time.

import type { APIService as APIServiceObject } from '../../../openapi/types/apiregistration/v1.ts'
import { APIService } from '../../api/apiregistration/apiservice.ts'
import { Service } from '../../api/core/service/index.ts'
import { EndpointSlice } from '../../api/discovery/endpointslice.ts'
import { isNotFound } from '../../apimachinery/api-error.ts'
import { type Timer, timestamp } from '../../apimachinery/clock.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import type { ServerContext } from '../context.ts'
import { ownWrite } from '../crd/own-write.ts'
import { resolveService, slicesOf } from '../service-resolver.ts'
import { updateObject } from '../store.ts'
import { statusStrategy } from '../strategy.ts'
import { discoveryPath, failedVerdict, passedVerdict, type Verdict, verdictOfObjects, withVerdict } from './availability.ts'
import { askAt } from './remote-request.ts'
import { isAvailable, type RemoteService } from './remote-service.ts'

const apiServiceKind = APIService as unknown as Kind
const resyncMs = 30_000
const firstRetryMs = 5
/** Changes of endpoints come in bursts. */
const gatherMs = 100
const attempts = 5
const probeTimeoutMs = 5_000
const maxAnswerBytes = 4 * 1024 * 1024
const maxChecks = 5

/** What is known of one APIService between checks. */
interface Known {
  /** Of the objects that the last check saw. */
  fingerprint: string
  failures: number
  timer?: Timer
  state: 'resting' | 'waiting' | 'running' | 'again'
}

type Lost = (name: string, reason: string) => void

/** Checks from now on, until the server shuts down. `remote` tells how a service is reached; `lost` is told of what is available no more. */
export function keepAvailability(server: ServerContext, remote: (name: string) => RemoteService | undefined, lost: Lost): void {
  const known = new Map<string, Known>()
  const waiting: string[] = []
  let running = 0

  const demand = (name: string): void => {
    const one = known.get(name)
    if (one === undefined || one.state === 'waiting' || one.state === 'again') return
    one.timer?.cancel()
    if (one.state === 'running') one.state = 'again'
    else {
      one.state = 'waiting'
      waiting.push(name)
      pump()
    }
  }

  const pump = (): void => {
    while (running < maxChecks && waiting.length > 0 && !server.signal.aborted) {
      const name = waiting.shift()!
      const one = known.get(name)
      if (one === undefined) continue
      one.state = 'running'
      running++
      void check(server, name, remote(name), lost).then((ok) => {
        running--
        rest(name, one, ok)
        pump()
      })
    }
  }

  const rest = (name: string, one: Known, ok: boolean): void => {
    const again = one.state === 'again'
    one.state = 'resting'
    if (known.get(name) !== one || server.signal.aborted) return
    if (again) return demand(name)
    one.failures = ok ? 0 : one.failures + 1
    const local = server.read.get(APIService, undefined, name)?.spec?.service === undefined
    if (ok && local) return
    const delayMs = ok ? resyncMs : Math.min(firstRetryMs * 2 ** (one.failures - 1), resyncMs)
    one.timer = server.clock.after(delayMs, () => demand(name))
  }

  const look = (): void => {
    const present = server.read.list(APIService)
    const names = new Set(present.map(({ metadata }) => metadata?.name ?? ''))
    for (const [name, one] of known) {
      if (names.has(name)) continue
      one.timer?.cancel()
      known.delete(name)
    }
    for (const apiService of present) {
      const name = apiService.metadata?.name ?? ''
      const fingerprint = fingerprintOf(server, apiService)
      const one = known.get(name)
      if (one?.fingerprint === fingerprint) continue
      if (one === undefined) known.set(name, { fingerprint, failures: 0, state: 'resting' })
      else one.fingerprint = fingerprint
      demand(name)
    }
  }
  watchAll(server, look)
  const end = () => {
    for (const one of known.values()) one.timer?.cancel()
  }
  server.signal.addEventListener('abort', end, { once: true })
}

/** Looks now and after every burst of changes. */
function watchAll(server: ServerContext, look: () => void): void {
  let gathering: Timer | undefined
  const apiServices = server.cache.bucket(apiServiceKind)
  const others = [Service, EndpointSlice].map((kind) => server.cache.bucket(kind as unknown as Kind))
  const soon = (): void => {
    gathering ??= server.clock.after(gatherMs, () => {
      gathering = undefined
      look()
    })
  }
  apiServices.watchers.add(look)
  for (const bucket of others) bucket.watchers.add(soon)
  const end = () => {
    gathering?.cancel()
    apiServices.watchers.delete(look)
    for (const bucket of others) bucket.watchers.delete(soon)
  }
  server.signal.addEventListener('abort', end, { once: true })
  look()
}

/** Everything that the verdict depends on, but for the service's own answer. */
function fingerprintOf(server: ServerContext, { metadata, spec }: APIServiceObject): string {
  const { namespace = '', name = '' } = spec?.service ?? {}
  if (spec?.service === undefined) return `local ${metadata?.resourceVersion}`
  const service = server.read.get(Service, namespace, name)
  const slices = slicesOf(server.read, namespace, name)
  return JSON.stringify([spec, service?.spec, slices.map(({ endpoints, ports }) => [endpoints, ports])])
}

/** One check and its outcome, written down; false: come again soon. */
async function check(server: ServerContext, name: string, remote: RemoteService | undefined, lost: Lost): Promise<boolean> {
  const apiService = server.read.get(APIService, undefined, name)
  if (apiService === undefined) return true
  const verdict = verdictOfObjects(apiService, server.read) ?? (remote === undefined ? undefined : await probe(server, remote))
  if (verdict === undefined || server.signal.aborted) return false
  try {
    await write(server, name, apiService, verdict)
    if (isAvailable(apiService) && verdict.status !== 'True') lost(name, verdict.reason ?? '')
    return verdict.reason !== 'FailedDiscoveryCheck'
  } catch (error) {
    if (server.signal.aborted || isNotFound(error)) return true
    server.log.error({ err: error, apiService: name }, 'Cannot write the availability of an APIService')
    return false
  }
}

async function write(server: ServerContext, name: string, seen: APIServiceObject, verdict: Verdict): Promise<void> {
  const now = timestamp(server.clock.now())
  const before = seen.status?.conditions ?? []
  if (withVerdict(before, verdict, now) === before) return
  const transform = (current: object | undefined) => {
    const draft = structuredClone(current) as APIServiceObject
    // of another spec than was checked: its own check comes
    if (JSON.stringify(draft.spec?.service) !== JSON.stringify(seen.spec?.service)) return draft
    return { ...draft, status: { ...draft.status, conditions: [...withVerdict(draft.status?.conditions ?? [], verdict, now)] } }
  }
  const target = ownWrite(server, apiServiceKind, undefined, name, 'status')
  await updateObject(target, transform, { strategy: statusStrategy(apiServiceKind), skipAdmission: true })
}

/** Asks the service for its group version, several times at once: one good answer is enough. */
async function probe(server: ServerContext, remote: RemoteService): Promise<Verdict> {
  const enough = new AbortController()
  const path = discoveryPath(remote)
  const asked = Array.from({ length: attempts }, async () => {
    const location = resolveService(server.read, server.random, remote.service)
    const host = location.host.includes(':') ? `[${location.host}]` : location.host
    const url = `https://${host}:${location.port}${path}`
    const question = { path, timeoutMs: probeTimeoutMs, maxBytes: maxAnswerBytes, insecure: true, signal: enough.signal } as const
    const { code } = await askAt(server, remote, location, question).catch((error: Error) => {
      throw new Error(`failing or missing response from ${url}: Get ${JSON.stringify(url)}: ${error.message}`)
    })
    if (code < 200 || code > 299) throw new Error(`failing or missing response from ${url}: bad status from ${url}: ${code}`)
  })
  try {
    await Promise.any(asked)
    return passedVerdict
  } catch (error) {
    const [first] = (error as AggregateError).errors as Error[]
    return failedVerdict(first?.message ?? 'timed out')
  } finally {
    enough.abort()
  }
}
