// Watches against the true history of the store: whoever watches from a revision hears of every change after it, once, in order, and nothing
// else, whatever selector, pace, break, bookmark, compaction or restart of the server comes between. By seed, on virtual time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger } from 'pino'
import { ConfigMap } from '../../src/api/core/configmap.ts'
import { type ApiError, isGone } from '../../src/apimachinery/api-error.ts'
import { sleep } from '../../src/apimachinery/clock.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import type { Client } from '../../src/client/client.ts'
import { createClient } from '../../src/client/rest.ts'
import { type EmbeddedStorage, openEmbedded } from '../../src/storage/embedded/embedded.ts'
import { fairWeather, linked } from './network.ts'
import { Seeded } from './seeded.ts'
import { openServer, type SimulatedServer, startMs } from './server.ts'
import { Timeline } from './timeline.ts'
import { type Change, type Stored, World } from './world.ts'

const [first = 1, last = first] = (process.env['WATCH_SEEDS'] ?? '1..40').split('..').map(Number)
const silent = { error() {}, warn() {}, info() {}, debug() {}, trace() {}, fatal() {}, child: () => silent } as unknown as Logger
const namespaces = ['default', 'kube-public']
const runMs = 120_000

interface Selection {
  namespace?: string
  labelSelector?: string
}

function selects({ namespace, labelSelector }: Selection, object: Stored | undefined): boolean {
  if (object === undefined || (namespace !== undefined && object.metadata.namespace !== namespace)) return false
  return labelSelector === undefined || `app=${object.metadata.labels?.['app']}` === labelSelector
}

const nameOf = ({ metadata }: KubeObject) => `${metadata?.namespace}/${metadata?.name}`
const revisionOf = ({ metadata }: KubeObject) => Number(metadata?.resourceVersion)

/** What a watch of the selection has to hear of one change. */
function told({ before, after, key, revision }: Change, selection: Selection): string | undefined {
  const was = selects(selection, before)
  const is = selects(selection, after)
  const type = is ? (was ? 'MODIFIED' : 'ADDED') : was ? 'DELETED' : undefined
  return type === undefined ? undefined : `${type} ${key} ${revision}`
}

class Watchers {
  readonly timeline = new Timeline(startMs)
  readonly #random: Seeded
  readonly #seed: number
  readonly #history: Change[] = []
  readonly #faults: string[] = []
  readonly counts = { events: 0, bookmarks: 0, expired: 0, initial: 0 }
  #server: SimulatedServer | undefined
  #compacted = 0
  #over = false

  constructor(seed: number) {
    this.#seed = seed
    this.#random = new Seeded(seed, 'watchers')
  }

  async run(): Promise<string[]> {
    const storage = await openEmbedded({ path: undefined, clock: this.timeline })
    const world = new World(this.timeline.now, (change) => void (change.kind === 'ConfigMap' && this.#history.push(change)))
    const end = new AbortController()
    const following = world.follow(storage, end.signal)
    await this.#restart(storage, 0)
    const writers = Array.from({ length: 3 }, (_, i) => this.#write(this.#client(`writer ${i}`), new Seeded(this.#seed, `writer ${i}`)))
    const readers = Array.from({ length: 6 }, (_, i) => this.#read(this.#client(`reader ${i}`), new Seeded(this.#seed, `reader ${i}`)))
    for (let incarnation = 1, stop = this.timeline.now() + runMs; this.timeline.now() < stop; incarnation++) {
      await this.timeline.pass(this.#random.between(1000, 15_000))
      if (this.#random.chance(0.3)) await this.#restart(storage, incarnation)
      else if (this.#random.chance(0.5)) await this.#compact(storage)
    }
    this.#over = true
    await this.timeline.drive(Promise.all([...writers, ...readers]))
    end.abort()
    this.#server?.crash()
    await storage.close()
    await following.catch(() => {})
    return this.#faults
  }

  #client(name: string): Client {
    const random = new Seeded(this.#seed, `network of ${name}`)
    const weather = { ...fairWeather, latencyMs: [0, 40] as const, stall: 0.1, stallMs: 3000, watchCutMs: 20_000 }
    const ignore = () => {}
    const link = { name, clock: this.timeline, random, weather: () => weather, up: () => this.#server?.context, alive: () => true }
    const transport = linked({ ...link, connections: new Set(), note: ignore, acknowledged: ignore, watched: ignore })
    return createClient({ transport, userAgent: name, clock: this.timeline })
  }

  async #restart(storage: EmbeddedStorage, incarnation: number): Promise<void> {
    this.#server?.crash()
    const opening = openServer({ storage, timeline: this.timeline, seed: this.#seed, incarnation, log: silent })
    this.#server = await this.timeline.drive(opening)
  }

  async #compact(storage: EmbeddedStorage): Promise<void> {
    const newest = await storage.currentRevision()
    this.#compacted = Math.max(this.#compacted, newest - this.#random.between(0, 60))
    await storage.compact(this.#compacted)
  }

  /** Makes, changes and deletes a few objects, over and over. */
  async #write(client: Client, random: Seeded): Promise<void> {
    while (!this.#over) {
      const ref = { namespace: random.pick(namespaces), name: `c${random.between(1, 6)}` }
      const object = { metadata: { ...ref, labels: { app: random.pick(['a', 'b']) } }, data: { n: String(random.next()) } } as KubeObject
      const act = random.pick([
        () => client.create(ConfigMap, object),
        () => client.update(ConfigMap, object),
        () => client.delete(ConfigMap, ref),
      ])
      await act().catch(() => {})
      await sleep(this.timeline, random.between(0, 800))
    }
  }

  /** Watches again and again: from the present state, from where it stopped, from longer ago. */
  async #read(client: Client, random: Seeded): Promise<void> {
    let known = 0
    while (!this.#over) {
      const selection: Selection = {
        ...(random.chance(0.4) ? { namespace: random.pick(namespaces) } : {}),
        ...(random.chance(0.4) ? { labelSelector: `app=${random.pick(['a', 'b'])}` } : {}),
      }
      const from = known === 0 || random.chance(0.3) ? undefined : Math.max(1, known - (random.chance(0.5) ? 0 : random.between(1, 80)))
      known = Math.max(known, await this.#watch(client, selection, from))
      await sleep(this.timeline, random.between(0, 2000))
    }
  }

  /** One watch to its end; answers with the revision it came to. */
  async #watch(client: Client, selection: Selection, from: number | undefined): Promise<number> {
    const initial = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' as const }
    const start = from === undefined ? initial : { resourceVersion: String(from) }
    const heard: string[] = []
    const state = new Map<string, number>()
    let begun = from
    let position = from ?? 0
    try {
      for await (const { type, object } of client.watch(ConfigMap, {
        ...selection,
        ...start,
        allowWatchBookmarks: true,
        timeoutSeconds: 30,
      })) {
        const revision = revisionOf(object)
        if (begun === undefined && type !== 'BOOKMARK') {
          state.set(nameOf(object), revision)
          continue
        }
        if (begun === undefined) {
          this.counts.initial++
          begun = revision
          this.#compareState(state, selection, revision)
        } else if (type === 'BOOKMARK') {
          this.counts.bookmarks++
          this.#compare(heard, selection, begun, revision, `bookmark ${revision}`)
        } else heard.push(`${type} ${nameOf(object)} ${revision}`)
        position = Math.max(position, revision)
      }
    } catch (error) {
      if (isGone(error) && !(error as ApiError).message.endsWith('version')) {
        this.counts.expired++
        if (from === undefined || from >= this.#compacted)
          this.#fault(`${(error as Error).message}, but only ${this.#compacted} is compacted`)
      }
    }
    this.counts.events += heard.length
    if (begun !== undefined) this.#compare(heard, selection, begun, position, 'end')
    return begun === undefined ? 0 : position
  }

  /** Everything after `from` and up to `to`, and nothing else. */
  #compare(heard: readonly string[], selection: Selection, from: number, to: number, when: string): void {
    const changes = this.#history.filter(({ revision }) => revision > from && revision <= to)
    const want = changes.flatMap((change) => told(change, selection) ?? [])
    const at = want.findIndex((line, index) => line !== heard[index])
    if (at >= 0 || heard.length !== want.length) {
      const index = at >= 0 ? at : want.length
      this.#fault(`${JSON.stringify(selection)} from ${from}, ${when}: heard ${heard[index]}, not ${want[index]}`)
    }
  }

  #compareState(state: ReadonlyMap<string, number>, selection: Selection, revision: number): void {
    const objects = new Map<string, Change>()
    for (const change of this.#history) if (change.revision <= revision) objects.set(change.key, change)
    const want = [...objects].filter(([, { after }]) => selects(selection, after)).map(([key, change]) => `${key} ${change.revision}`)
    const have = [...state].map(([key, at]) => `${key} ${at}`)
    if (want.sort().join() !== have.sort().join()) this.#fault(`the state at ${revision} is ${want}, told was ${have}`)
  }

  #fault(text: string): void {
    if (this.#faults.length < 10) this.#faults.push(text)
  }
}

test(`watches by seed ${first} to ${last} hear of everything once and in order`, async () => {
  const bad: Record<string, string[]> = {}
  const sum = { events: 0, bookmarks: 0, expired: 0, initial: 0 }
  for (let seed = first; seed <= last; seed++) {
    const watchers = new Watchers(seed)
    const faults = await watchers.timeline.installed(() => watchers.run())
    if (faults.length > 0) bad[`WATCH_SEEDS=${seed}`] = faults
    for (const name of ['events', 'bookmarks', 'expired', 'initial'] as const) sum[name] += watchers.counts[name]
  }
  assert.deepEqual(bad, {})
  for (const [name, count] of Object.entries(sum)) assert.ok(count > 0, `no ${name} were seen`)
})
