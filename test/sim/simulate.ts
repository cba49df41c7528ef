// One simulation: a cluster on virtual time, a user, a storm, peace, and what was wrong. The same seed gives the same run, to the last byte.
import type { Logger } from 'pino'
import { ApiError } from '../../src/apimachinery/api-error.ts'
import { createClient } from '../../src/client/rest.ts'
import { SimulatedCluster } from './cluster.ts'
import { unmet } from './desired.ts'
import { invariants, type Memory } from './invariants.ts'
import type { WatchTrace } from './network.ts'
import { linked } from './network.ts'
import { Script } from './script.ts'
import { Seeded } from './seeded.ts'
import { freshStorage, startMs } from './server.ts'
import { type Storm, type StormName, storms, weatherOf } from './storms.ts'
import { Timeline } from './timeline.ts'
import { User } from './user.ts'
import { drawWorkloads } from './workloads.ts'
import { type Change, World } from './world.ts'

export interface Outcome {
  seed: number
  storm: StormName
  /** Of every change, request and restart, in order. */
  trace: string
  /** What was broken, with the virtual second in which it was seen. */
  faults: string[]
  changes: number
  requests: number
  virtualSeconds: number
}

export interface SimulationOptions {
  seed: number
  /** Default: drawn from the seed. */
  storm?: StormName
  /** Told of everything as it happens. */
  trace?: (line: string) => void
}

const calmLimitMs = 3_600_000
const maxFaults = 20

/** Runs the simulation of a seed. Rejects only when the simulation itself is broken. */
export async function simulate(options: SimulationOptions): Promise<Outcome> {
  const run = new Simulation(options)
  return run.timeline.installed(() => run.run())
}

class Simulation {
  readonly timeline = new Timeline(startMs)
  readonly #seed: number
  readonly #storm: StormName
  readonly #world: World
  readonly #memory: Memory
  readonly #faults: string[] = []
  readonly #told: ((line: string) => void) | undefined
  readonly #acknowledged: { revision: number; what: string }[] = []
  #changes = 0
  #requests = 0

  constructor({ seed, storm, trace }: SimulationOptions) {
    this.#seed = seed
    this.#storm = storm ?? new Seeded(seed, 'storm').pick(Object.keys(storms) as StormName[])
    this.#told = trace
    this.#world = new World(this.timeline.now, (change) => this.#check(change))
    this.#memory = {
      undisturbed: !storms[this.#storm].nodes && !storms[this.#storm].pods,
      ended: new Map(),
      forced: new Set(),
      uids: new Set(),
    }
  }

  async run(): Promise<Outcome> {
    const { timeline } = this
    const crashed = (error: unknown) => this.#fault(`a promise was rejected and nobody cared: ${(error as Error)?.stack ?? error}`)
    process.on('unhandledRejection', crashed)
    const over = new AbortController()
    const storage = await freshStorage(this.#log('base'))
    const following = this.#world.follow(storage, over.signal)
    try {
      await this.#act(storage)
    } catch (error) {
      this.#fault(`the simulation ended early: ${(error as Error).stack}`)
    } finally {
      over.abort()
      await storage.close()
      await following.catch(() => {})
      process.off('unhandledRejection', crashed)
    }
    return {
      seed: this.#seed,
      storm: this.#storm,
      trace: this.#world.trace(),
      faults: this.#faults,
      changes: this.#changes,
      requests: this.#requests,
      virtualSeconds: Math.round((timeline.now() - startMs) / 1000),
    }
  }

  async #act(storage: Awaited<ReturnType<typeof freshStorage>>): Promise<void> {
    const { timeline } = this
    const storm: Storm = storms[this.#storm]
    const random = new Seeded(this.#seed, 'script')
    const weather = weatherOf(storm, new Seeded(this.#seed, 'weather'))
    const cluster = new SimulatedCluster({
      storage,
      seed: this.#seed,
      timeline,
      weather,
      log: (name) => this.#log(name),
      note: (line) => this.#note(line),
      acknowledged: (revision, what) => this.#acknowledged.push({ revision, what }),
      watched: (watch, piece) => this.#watched(watch, piece),
      ended: (name, error) => this.#fault(`${name} ended by itself: ${(error as Error | undefined)?.stack}`),
    })
    await cluster.start(random.between(2, 4), storm.pairs === true)
    const transport = linked(cluster.userLink())
    const user = new User(createClient({ transport, userAgent: 'user/simulated', clock: timeline }), timeline)
    await timeline.drive(user.makeNamespace())
    const wanted = drawWorkloads(random, storm.pods || storm.nodes)
    const script = new Script({ cluster, user, wanted, random, storm, timeline, world: this.#world, memory: this.#memory })
    await script.run()
    await script.calm()
    await this.#settle(cluster, script)
    await cluster.end()
  }

  /** Waits until all is as it has to be, and stays so. */
  async #settle(cluster: SimulatedCluster, script: Script): Promise<void> {
    const { timeline } = this
    const missing = () => unmet(this.#world, script.wanted, cluster.nodeNames())
    const end = timeline.now() + calmLimitMs
    let good = 0
    while (timeline.now() < end && good < 3) {
      await timeline.pass(10_000)
      good = missing().length === 0 ? good + 1 : 0
    }
    if (good < 3) for (const fault of missing()) this.#fault(`not reached: ${fault}`)
    for (const { revision, what } of this.#acknowledged)
      if (!this.#world.revisions.has(revision)) this.#fault(`lost: ${what} at ${revision}`)
  }

  #check(change: Change): void {
    this.#changes++
    const { kind, key, revision, before, after } = change
    if (this.#told !== undefined)
      this.#told(
        `${this.#second()} ${revision} ${after === undefined ? 'gone' : before === undefined ? 'new ' : 'put '} ${kind} ${key} ${summary(change)}`,
      )
    for (const rule of invariants) {
      if (rule.kind !== '*' && rule.kind !== kind) continue
      const fault = rule.fault(change, this.#world, this.#memory)
      if (fault !== undefined) this.#fault(`${rule.name}: ${kind} ${key} at ${revision}: ${fault}`)
    }
  }

  #watched(watch: WatchTrace, piece: Uint8Array): void {
    const text = Buffer.from(piece).toString('latin1')
    for (const line of text.split('\n')) {
      const at = line.indexOf('"resourceVersion":"')
      if (at < 0 || line.startsWith('{"type":"ERROR"')) continue
      const revision = Number.parseInt(line.slice(at + 19), 10)
      if (watch.initial) {
        watch.initial = !line.includes('k8s.io/initial-events-end')
        if (!watch.initial) watch.revision = revision
        continue
      }
      const bookmark = line.startsWith('{"type":"BOOKMARK"')
      if (bookmark ? revision < watch.revision : revision <= watch.revision)
        this.#fault(`a watch went back from ${watch.revision} to ${revision}: ${watch.path}`)
      watch.revision = revision
    }
  }

  #second(): string {
    return ((this.timeline.now() - startMs) / 1000).toFixed(3)
  }

  #note(line: string): void {
    this.#requests++
    this.#world.note(line)
    this.#told?.(`${this.#second()} ${line}`)
  }

  #fault(text: string): void {
    this.#told?.(`${this.#second()} FAULT ${text}`)
    if (this.#faults.length < maxFaults) this.#faults.push(`${this.#second()} s: ${text}`)
  }

  /** A logger that takes bugs of the program out of what processes say. */
  #log(name: string): Logger {
    const say = (level: string) => (fields: { err?: unknown }, message: string) => {
      const { err } = fields
      this.#told?.(
        `${this.#second()} ${name} ${level}: ${message} ${JSON.stringify(fields, (_, value) => (value instanceof Error ? value.message : value))}`,
      )
      const bug = err instanceof TypeError || err instanceof RangeError || err instanceof ReferenceError || err instanceof SyntaxError
      const unexpected =
        name === 'apiserver' && level === 'error' && !(err instanceof ApiError) && (err as Error)?.name !== 'UnavailableError'
      if (bug || unexpected) this.#fault(`${name}: ${message}: ${(err as Error).stack}`)
    }
    const logger = {
      error: say('error'),
      warn: say('warn'),
      info: say('info'),
      debug: say('debug'),
      trace: () => {},
      fatal: say('error'),
      child: () => logger,
    }
    return logger as unknown as Logger
  }
}

function summary({ after, before }: Change): string {
  const { status = {}, spec = {} } = after ?? before ?? { status: {}, spec: {} }
  const parts = {
    node: spec.nodeName,
    replicas: spec.replicas,
    phase: status.phase,
    ready: status.readyReplicas,
    deleting: after?.metadata.deletionTimestamp,
  }
  return Object.entries(parts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
