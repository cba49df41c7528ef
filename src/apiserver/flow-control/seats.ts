// How much of the server a request takes: seats while it runs, and seats that linger while watchers are told. Pure.
// Estimates: k8s.io/apiserver/pkg/util/flowcontrol/request.
import type { RequestInfo } from '../request-info.ts'

export interface Work {
  seats: number
  finalSeats: number
  /** How long the final seats stay taken after the answer. */
  lingerMs: number
}

/** What is known of the resource; absent for what is not stored here. */
export interface ResourceStats {
  objects: number
  averageBytes: number
  watchers: number
}

const one: Work = { seats: 1, finalSeats: 0, lingerMs: 0 }
const maxListSeats = 100
const maxMutatingSeats = 10
const bytesPerSeat = 100_000
const streamedBytes = 1_000_000
const watchesPerSeat = 10
const eventMs = 5

/** `maxSeats`: the bound of the priority level. */
export function workOf(info: RequestInfo, query: URLSearchParams, stats: ResourceStats | undefined, maxSeats: number): Work {
  switch (info.verb) {
    case 'list':
    case 'watch':
      return stats === undefined ? one : listWork(info, query, stats, Math.min(maxSeats, maxListSeats))
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
      return stats === undefined ? one : mutatingWork(info, stats.watchers, Math.min(maxSeats, maxMutatingSeats))
    default:
      return one
  }
}

function listWork(info: RequestInfo, query: URLSearchParams, { objects, averageBytes }: ResourceStats, maxSeats: number): Work {
  if (info.verb === 'watch' && !sendsState(query)) return one
  const asked = Number(query.get('limit') ?? 0)
  const limited = asked > 0 && asked < objects ? asked : objects
  const fromStorage = info.verb === 'list' && (query.has('continue') || query.get('resourceVersionMatch') === 'Exact')
  const selecting = query.has('labelSelector') || query.has('fieldSelector')
  const loaded = info.name !== '' ? 1 : fromStorage && selecting ? Math.max(limited, objects / 2) : limited
  const bytes = loaded * averageBytes
  const seats = Math.ceil((fromStorage ? bytes : Math.min(bytes, streamedBytes)) / bytesPerSeat)
  return { ...one, seats: Math.max(1, Math.min(seats, maxSeats)) }
}

function sendsState(query: URLSearchParams): boolean {
  const version = query.get('resourceVersion') ?? ''
  return query.get('sendInitialEvents') === 'true' || version === '' || version === '0'
}

function mutatingWork({ resource, subresource }: RequestInfo, watchers: number, maxSeats: number): Work {
  if (watchers < watchesPerSeat || (resource === 'serviceaccounts' && subresource === 'token')) return one
  const wanted = Math.ceil(watchers / watchesPerSeat)
  const finalSeats = Math.min(wanted, maxSeats)
  return { seats: 1, finalSeats, lingerMs: (wanted * eventMs) / finalSeats }
}
