// Keeps the Registry in step with the CustomResourceDefinitions of the cache: each becomes a Kind as soon as its names are free, a new Kind
// when it changes, none when it is gone. Conditions and clean-up are written by one worker, one definition at a time.
import type { CustomResourceDefinition as Crd } from '../../../openapi/types/apiextensions/v1.ts'
import { CustomResourceDefinition } from '../../api/apiextensions/customresourcedefinition.ts'
import { isNotFound } from '../../apimachinery/api-error.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import { breathe } from '../breathe.ts'
import { objectOf } from '../codec.ts'
import type { ServerContext } from '../context.ts'
import { kindPrefix } from '../keys.ts'
import { updateObject } from '../store.ts'
import { statusStrategy } from '../strategy.ts'
import { isLeaving, leave } from './cleanup.ts'
import { isTrue } from './conditions.ts'
import { converter } from './convert.ts'
import { kindOf } from './kind-of.ts'
import { namedStatus, settledStatus, usedNames } from './names.ts'
import { ownWrite } from './own-write.ts'

const crdKind = CustomResourceDefinition as unknown as Kind
const retryMs = 1_000
/** Watches on a kind that is served no more may still send what has happened before. */
const watchGraceMs = 100

/** What is known of one definition. */
interface Known {
  revision: number
  crd: Crd
  /** The revision whose status needs no more work. */
  settled?: number
  /** What the kind was made of. */
  made: string
  kind?: Kind
  end?: AbortController
  /** Ends the wake-up by the objects that a deletion waits for. */
  unwatch?: () => void
}

/** Serves the custom resources of a server from now on, until it shuts down. Its cache must have been loaded. */
export function serveCustomResources(server: ServerContext): void {
  const bucket = server.cache.bucket(crdKind)
  const known = new Map<string, Known>()
  let pending = false
  let running = false

  const work = async (): Promise<void> => {
    pending = true
    if (running) return
    running = true
    while (pending && !server.signal.aborted) {
      pending = false
      for (const name of [...known.keys()]) {
        const one = known.get(name)
        if (one === undefined || server.signal.aborted) continue
        await settle(server, one, known).catch((error: unknown) => {
          if (server.signal.aborted) return
          server.log.error({ err: error, definition: name }, 'Cannot bring a custom resource definition up to date')
          server.clock.after(retryMs, () => void work())
        })
      }
    }
    running = false
  }

  const sync = (): void => {
    const entries = bucket.list(kindPrefix(crdKind))
    const present = new Set<string>()
    const changed = new Set<Known>()
    let gone = false
    for (const entry of entries) {
      const crd = objectOf(CustomResourceDefinition, entry)
      const name = crd.metadata?.name ?? ''
      present.add(name)
      const one = known.get(name)
      if (one?.revision === entry.revision) continue
      const next = Object.assign(one ?? { made: '' }, { revision: entry.revision, crd })
      known.set(name, next)
      changed.add(next)
    }
    for (const [name, one] of known) {
      if (present.has(name)) continue
      gone = true
      known.delete(name)
      stop(server, one)
    }
    if (changed.size === 0 && !gone) return
    const used = usedNames([...known.values()].map(({ crd }) => crd))
    for (const one of known.values()) if (changed.has(one) || !isNamed(one)) serve(server, one, used, work)
    void work()
  }

  bucket.watchers.add(sync)
  server.signal.addEventListener('abort', () => bucket.watchers.delete(sync), { once: true })
  sync()
}

function isNamed({ crd }: Known): boolean {
  return isTrue(crd, 'NamesAccepted')
}

/** Registers the kind of a definition in its present form. Served before its conditions say so: who sees them can rely on it. */
function serve(server: ServerContext, one: Known, used: ReturnType<typeof usedNames>, work: () => Promise<void>): void {
  const { crd } = one
  const status = namedStatus(crd, used.get(crd.spec.group), '')
  const settled = { ...crd, status }
  const accepted = isTrue(settled, 'NamesAccepted') || isTrue(settled, 'Established')
  const made = accepted ? fingerprint(settled) : ''
  if (made === one.made) return
  one.made = made
  const before = one.kind
  const ended = new AbortController()
  const kind =
    accepted && !overlaps(server, crd)
      ? kindOf(settled, { ended: ended.signal, convert: converter(server, crd.spec.conversion) })
      : undefined
  const end = one.end
  if (before !== undefined) server.registry.remove(before)
  if (kind === undefined) {
    delete one.kind
    delete one.end
  } else {
    server.registry.add(kind)
    Object.assign(one, { kind, end: ended })
  }
  if (end !== undefined) server.clock.after(watchGraceMs, () => end.abort())
  one.unwatch?.()
  if (kind !== undefined && isLeaving(crd)) one.unwatch = wakeByObjects(server, kind, work)
}

/** Everything that a Kind is made of; conditions only as far as they decide what is allowed. */
function fingerprint(crd: Crd): string {
  const { metadata, spec, status } = crd
  return JSON.stringify([metadata?.uid, spec, status?.acceptedNames, isTrue(crd, 'Terminating')])
}

/** A deletion goes on when an object goes. */
function wakeByObjects(server: ServerContext, kind: Kind, work: () => Promise<void>): () => void {
  const bucket = server.cache.bucket(kind)
  const wake = () => void work()
  bucket.watchers.add(wake)
  return () => bucket.watchers.delete(wake)
}

function stop(server: ServerContext, one: Known): void {
  one.unwatch?.()
  if (one.kind !== undefined) server.registry.remove(one.kind)
  const { end } = one
  if (end !== undefined) server.clock.after(watchGraceMs, () => end.abort())
}

/** A built-in kind has this group and resource: its objects are not the definition's. */
function overlaps(server: ServerContext, { spec }: Crd): boolean {
  return server.registry
    .kinds()
    .some(({ custom, group, resource }) => custom !== true && group === spec.group && resource === spec.names.plural)
}

async function settle(server: ServerContext, one: Known, known: ReadonlyMap<string, Known>): Promise<void> {
  // The kind has just been made of the same schema.
  await breathe()
  const { crd } = one
  if (one.settled === one.revision && isNamed(one) && !isLeaving(crd)) return
  const names = () => usedNames([...known.values()].map((other) => other.crd)).get(crd.spec.group)
  const time = timestamp(server.clock.now())
  if (settledStatus(crd, names(), time) !== crd.status) {
    const write = ownWrite(server, crdKind, undefined, crd.metadata?.name ?? '', 'status')
    const transform = (current: object | undefined) => {
      const status = settledStatus(current as Crd, names(), time)
      return { ...(structuredClone(current) as Crd), status: structuredClone(status) }
    }
    const written = await updateObject(write, transform, { strategy: statusStrategy(crdKind), skipAdmission: true }).catch((error) => {
      if (!isNotFound(error)) throw error
    })
    // The next definition of the group must see these names, though the cache may not have them yet.
    if (written?.entry !== undefined && written.entry.revision > one.revision) one.crd = written.object as Crd
  } else one.settled = one.revision
  if (isLeaving(one.crd)) await leave(server, CustomResourceDefinition, one.crd, one.kind, overlaps(server, one.crd))
}
