// Makes entries ready for code that reads and prints synchronously: those that only a webhook can convert are converted here, in batches.
import { deepFreeze, parseJson } from '../apimachinery/json.ts'
import type { Kind, Resolved } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { breathe } from './breathe.ts'
import type { Entry } from './codec.ts'
import { decodedFrom, isDecoded, objectOf } from './codec.ts'
import { converting, keepConversions } from './conversions.ts'
import type { CacheEvent, History } from './history.ts'

/** Resolves when `objectOf` and the wire forms of these entries can be had at once. Rejects when the webhook fails. */
export async function prepareEntries(resolved: Resolved, entries: Iterable<Entry>): Promise<void> {
  const { kind } = resolved
  if (kind.convert === undefined) return
  const all = [...entries]
  await decodeOld(kind, all)
  if (resolved.served === undefined) return
  await keepConversions(
    resolved,
    all.map((entry) => ({ object: objectOf(kind, entry), bytes: entry.value.length })),
  )
}

/** Values in versions that are stored no longer. */
async function decodeOld(kind: Kind, entries: readonly Entry[]): Promise<void> {
  const old: { entry: Entry; object: KubeObject; bytes: number }[] = []
  for (const entry of entries) {
    if (isDecoded(kind, entry.value)) continue
    await breathe()
    const object = deepFreeze(parseJson(entry.value)) as KubeObject
    old.push({ entry, object, bytes: entry.value.length })
  }
  await keepConversions({ kind, group: kind.group, version: kind.version }, old)
  for (const { entry, object } of old) {
    await breathe()
    decodedFrom(kind, entry.value, object)
  }
}

/** The object of an entry; an older stored version is converted first. */
export async function preparedObject(kind: Kind, entry: Entry): Promise<KubeObject> {
  return kind.convert === undefined ? objectOf(kind, entry) : converting(kind, () => objectOf(kind, entry))
}

/** What an event shows: its object, and the one before. */
export function entriesOf({ entry, previous }: CacheEvent): Entry[] {
  return previous === undefined ? [entry] : [entry, previous]
}

/** Prepares at most `count` events of a history from a position on; returns the position after them. */
export async function prepareEvents(resolved: Resolved, history: History, from: number, count: number): Promise<number> {
  const entries: Entry[] = []
  let position = Math.max(from, history.start)
  for (const end = position + count; position < end; position++) {
    const event = history.at(position)
    if (event === undefined) break
    entries.push(...entriesOf(event))
  }
  await prepareEntries(resolved, entries)
  return position
}
