// Leader election by Lease, as client-go does it: the resourceVersion fences, clocks of others are not trusted.
// https://kubernetes.io/docs/concepts/architecture/leases/#leader-election
import { isConflict, isNotFound } from '../apimachinery/api-error.ts'
import { type Clock, microTimestamp, type Random, sleep } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject, ObjectMeta } from '../apimachinery/meta.ts'
import type { Client } from './client.ts'

/** The part of coordination.k8s.io/v1 Lease that is used here. */
export interface LeaseObject extends KubeObject {
  metadata?: ObjectMeta
  spec?: { holderIdentity?: string; leaseDurationSeconds?: number; acquireTime?: string; renewTime?: string; leaseTransitions?: number }
}

export interface LeaderElectionOptions {
  client: Client
  leaseKind: Kind<LeaseObject>
  namespace: string
  name: string
  identity: string
  clock: Clock
  random: Random
  signal: AbortSignal
  /** Upstream's 15 s, 10 s, 2 s. */
  leaseDurationMs?: number
  renewDeadlineMs?: number
  retryPeriodMs?: number
  onError?: (error: unknown) => void
}

/**
 * Waits for leadership, then runs `lead` with a signal that aborts when leadership is lost or the outer signal aborts.
 * Resolves when `lead` has ended (or the signal aborted before its turn); releases the lease on an orderly stop. Rejects with an error when
 * leadership was lost.
 */
export async function runAsLeader(options: LeaderElectionOptions, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { clock, random, signal } = options
  const retryMs = options.retryPeriodMs ?? 2000
  const observed: Observed = { record: undefined, at: 0 }
  while (!(await attempt(options, observed, options.renewDeadlineMs ?? 10_000, signal))) {
    // upstream's JitterFactor
    await sleep(clock, retryMs * (1 + 1.2 * random()), signal).catch(() => {})
    if (signal.aborted) return
  }
  const stop = new AbortController()
  const outer = () => stop.abort(signal.reason)
  signal.addEventListener('abort', outer, { once: true })
  const work = lead(stop.signal)
  const lost = renewLoop(options, observed, stop.signal).then((reason) => {
    if (reason !== undefined) stop.abort(reason)
    return reason
  })
  try {
    await work
  } finally {
    stop.abort(new Error('stopped leading'))
    signal.removeEventListener('abort', outer)
    const reason = await lost
    if (reason === undefined) await release(options, observed).catch(report(options))
  }
  const reason = await lost
  if (reason !== undefined) throw reason
}

interface Observed {
  record: LeaseObject | undefined
  /** Local time at which `record` was first seen: expiry counts from here. */
  at: number
}

/** Renews until the signal aborts (undefined) or the deadline passes without success (the error). */
async function renewLoop(options: LeaderElectionOptions, observed: Observed, signal: AbortSignal): Promise<Error | undefined> {
  const deadlineMs = options.renewDeadlineMs ?? 10_000
  let renewed = options.clock.now()
  while (!signal.aborted) {
    const stopped = await sleep(options.clock, options.retryPeriodMs ?? 2000, signal).then(
      () => false,
      () => true,
    )
    if (stopped) return undefined
    if (await attempt(options, observed, renewed + deadlineMs - options.clock.now(), signal)) renewed = options.clock.now()
    else if (options.clock.now() - renewed >= deadlineMs) return new Error(`leader election lost: ${options.namespace}/${options.name}`)
  }
  return undefined
}

/** One try, given up after `limitMs`: a server that does not answer must not keep a leader in office past its deadline. */
async function attempt(options: LeaderElectionOptions, observed: Observed, limitMs: number, signal: AbortSignal): Promise<boolean> {
  const stop = new AbortController()
  const outer = () => stop.abort(signal.reason)
  signal.addEventListener('abort', outer, { once: true })
  const timer = options.clock.after(limitMs, () => stop.abort(new Error('no answer before the renew deadline')))
  const aborted = new Promise<never>((_, reject) => stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true }))
  try {
    return await Promise.race([tryAcquire(options, observed, stop.signal), aborted]).catch(report(options))
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', outer)
  }
}

async function tryAcquire(options: LeaderElectionOptions, observed: Observed, signal: AbortSignal): Promise<boolean> {
  const { client, clock, identity, leaseKind, namespace, name } = options
  const durationMs = options.leaseDurationMs ?? 15_000
  const now = clock.now()
  const current = await client.get(leaseKind, { namespace, name }, { signal }).catch((error) => {
    if (isNotFound(error)) return undefined
    throw error
  })
  const spec = { holderIdentity: identity, leaseDurationSeconds: Math.round(durationMs / 1000), renewTime: microTimestamp(now) }
  if (current === undefined) {
    const created = { metadata: { namespace, name }, spec: { ...spec, acquireTime: microTimestamp(now), leaseTransitions: 0 } }
    remember(observed, await client.create(leaseKind, created as LeaseObject, { signal }), now)
    return true
  }
  if (observed.record?.metadata?.resourceVersion !== current.metadata?.resourceVersion) remember(observed, current, now)
  const holder = current.spec?.holderIdentity ?? ''
  const mine = holder === identity
  if (!mine && holder !== '' && observed.at + (current.spec?.leaseDurationSeconds ?? 0) * 1000 > now) return false
  const next = {
    ...current,
    spec: {
      ...spec,
      acquireTime: mine ? current.spec?.acquireTime : microTimestamp(now),
      leaseTransitions: (current.spec?.leaseTransitions ?? 0) + (mine ? 0 : 1),
    },
  }
  try {
    remember(observed, await client.update(leaseKind, next as LeaseObject, { signal }), now)
    return true
  } catch (error) {
    if (isConflict(error)) return false
    throw error
  }
}

async function release(options: LeaderElectionOptions, observed: Observed): Promise<void> {
  if (observed.record?.spec?.holderIdentity !== options.identity) return
  const now = microTimestamp(options.clock.now())
  const spec = { ...observed.record.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now }
  await options.client.update(options.leaseKind, { ...observed.record, spec })
}

function remember(observed: Observed, record: LeaseObject, now: number): void {
  observed.record = record
  observed.at = now
}

function report(options: LeaderElectionOptions): (error: unknown) => false {
  return (error) => {
    if (!options.signal.aborted) options.onError?.(error)
    return false
  }
}
