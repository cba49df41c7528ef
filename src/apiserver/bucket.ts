// All objects of one kind, as the cache keeps them: by key, in key order, by selectable field, with their recent history.
import type { Entry } from './codec.ts'
import { makeEntry } from './codec.ts'
import type { CacheEvent, HistoryLimits } from './history.ts'
import { History } from './history.ts'

interface Index {
  textOf: (entry: Entry) => string
  byValue: Map<string, Map<string, Entry>>
}

export class Bucket {
  readonly entries = new Map<string, Entry>()
  readonly history: History
  /** Called after each batch that changed this bucket. */
  readonly watchers = new Set<() => void>()
  #sorted: Entry[] = []
  /** True while a reader may hold #sorted: the next write copies it first. */
  #lent = false
  readonly #indexes = new Map<string, Index>()

  constructor(oldestRevision: number, limits: HistoryLimits) {
    this.history = new History(oldestRevision, limits)
  }

  /** Fills an empty bucket with entries in key order. */
  load(entries: Iterable<Entry>): void {
    for (const entry of entries) this.entries.set(entry.key, entry)
    this.#sorted = [...this.entries.values()]
  }

  /** Entries under a prefix in key order, as they are now: the array never changes. */
  list(prefix: string): readonly Entry[] {
    const from = this.#position(prefix)
    const to = this.#position(`${prefix.slice(0, -1)}0`) // '0' follows '/'
    if (from === 0 && to === this.#sorted.length) {
      this.#lent = true
      return this.#sorted
    }
    return this.#sorted.slice(from, to)
  }

  /** Entries whose selectable field has this value, in key order. The index is built on first use. */
  select(field: string, textOf: (entry: Entry) => string, value: string): Entry[] {
    let index = this.#indexes.get(field)
    if (index === undefined) {
      index = { textOf, byValue: new Map() }
      for (const entry of this.#sorted) addTo(index, entry)
      this.#indexes.set(field, index)
    }
    const found = index.byValue.get(value)
    return found === undefined ? [] : [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  /** Forgets the indexes: their functions belong to a kind that has changed. */
  dropIndexes(): void {
    this.#indexes.clear()
  }

  put(key: string, value: Uint8Array, revision: number): void {
    const previous = this.entries.get(key)
    const entry = makeEntry(key, value, revision)
    this.entries.set(key, entry)
    const sorted = this.#own()
    const position = this.#position(key)
    if (previous === undefined) sorted.splice(position, 0, entry)
    else sorted[position] = entry
    this.#reindex(previous, entry)
    this.#record({ type: 'put', revision, entry, previous })
  }

  delete(key: string, revision: number): void {
    const previous = this.entries.get(key)
    if (previous === undefined) return
    this.entries.delete(key)
    this.#own().splice(this.#position(key), 1)
    this.#reindex(previous, undefined)
    this.#record({ type: 'delete', revision, entry: makeEntry(key, previous.value, revision), previous })
  }

  #record(event: CacheEvent): void {
    this.history.push(event)
  }

  #own(): Entry[] {
    if (this.#lent) this.#sorted = this.#sorted.slice()
    this.#lent = false
    return this.#sorted
  }

  #reindex(previous: Entry | undefined, entry: Entry | undefined): void {
    for (const index of this.#indexes.values()) {
      if (previous !== undefined) {
        const value = index.textOf(previous)
        const same = index.byValue.get(value)
        same?.delete(previous.key)
        if (same?.size === 0) index.byValue.delete(value)
      }
      if (entry !== undefined) addTo(index, entry)
    }
  }

  /** Where a key stands or would stand. */
  #position(key: string): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#sorted[middle]!.key < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

function addTo(index: Index, entry: Entry): void {
  const value = index.textOf(entry)
  let same = index.byValue.get(value)
  if (same === undefined) {
    same = new Map()
    index.byValue.set(value, same)
  }
  same.set(entry.key, entry)
}
