// What happens in a simulation, drawn from the seed: the user's wishes, the storm's strikes, and in the end calm.
import type { SimulatedCluster } from './cluster.ts'
import type { Memory } from './invariants.ts'
import type { Seeded } from './seeded.ts'
import type { Storm } from './storms.ts'
import type { Timeline } from './timeline.ts'
import type { User } from './user.ts'
import { drawChange, namespace, type Wanted } from './workloads.ts'
import { isActive, type World } from './world.ts'

export interface ScriptSetting {
  cluster: SimulatedCluster
  user: User
  wanted: Wanted[]
  random: Seeded
  storm: Storm
  timeline: Timeline
  world: World
  memory: Memory
}

const stormMs = [60_000, 240_000] as const

export class Script {
  readonly #o: ScriptSetting
  /** Wishes and repairs under way. */
  readonly #open = new Set<Promise<void>>()
  /** Workloads that a wish is changing: wishes about one do not overtake one another. */
  readonly #busy = new Set<Wanted>()
  #version = 1
  #failure: unknown

  constructor(setting: ScriptSetting) {
    this.#o = setting
  }

  get wanted(): readonly Wanted[] {
    return this.#o.wanted
  }

  async run(): Promise<void> {
    const { wanted, user, timeline, random, cluster } = this.#o
    for (const one of wanted) this.#wish(one, () => user.make(one, one.spec))
    await timeline.pass(random.between(0, 20_000))
    cluster.storm(true)
    const end = timeline.now() + random.between(...stormMs)
    while (timeline.now() < end) {
      this.#happen()
      await timeline.pass(random.between(500, 15_000))
    }
  }

  /** The storm is over: what is down comes up, what was begun is finished. */
  async calm(): Promise<void> {
    const { cluster, timeline } = this.#o
    await cluster.heal()
    while (this.#open.size > 0) await timeline.drive(Promise.all(this.#open), 1_200_000)
    await cluster.heal()
    if (this.#failure !== undefined) throw this.#failure
  }

  #happen(): void {
    const { storm, random } = this.#o
    const strikes = [
      () => this.#changeOne(),
      () => this.#changeOne(),
      ...(random.chance(0.3) ? [() => this.#removeOne()] : []),
      ...(storm.restarts ? [() => this.#restart(), () => this.#restartServer()] : []),
      ...(storm.pods ? [() => this.#losePod(), () => this.#losePod()] : []),
      ...(storm.nodes ? [() => this.#loseNode(), () => this.#cordon()] : []),
    ]
    random.pick(strikes)()
  }

  #changeOne(): void {
    const { random, user, wanted } = this.#o
    const one = random.pick(wanted)
    const version = ++this.#version
    const change = one.spec === undefined || this.#busy.has(one) ? undefined : drawChange(one, random, version)
    if (change !== undefined) this.#wish(one, () => user.change(one, change))
  }

  #removeOne(): void {
    const { random, user, wanted } = this.#o
    const one = random.pick(wanted)
    const { spec } = one
    if (spec === undefined || this.#busy.has(one)) return
    const again = random.chance(0.5)
    const policy = random.pick(['Background', 'Foreground'] as const)
    this.#wish(one, async () => {
      await user.remove(one, policy)
      if (again) await user.make(one, structuredClone(spec))
    })
  }

  #restart(): void {
    const { cluster, random } = this.#o
    const kubelets = cluster.nodeNames().map((name) => `kubelet ${name}`)
    const name = random.pick([...cluster.coreNames(), ...cluster.coreNames(), ...kubelets])
    const orderly = random.chance(0.3)
    // a kubelet that is away for longer is a node that is lost
    const awayMs = random.between(0, name.startsWith('kubelet') ? 20_000 : 60_000)
    this.#begin(async () => {
      if (orderly) await cluster.stop(name)
      else cluster.kill(name)
      await this.#sleep(awayMs)
      cluster.launch(name)
    })
  }

  #restartServer(): void {
    const { cluster, random } = this.#o
    if (!random.chance(0.5)) return
    cluster.crashServer()
    const awayMs = random.between(0, 20_000)
    this.#later(awayMs, () => cluster.startServer())
  }

  #losePod(): void {
    const { world, random, user, memory } = this.#o
    const pods = world.list('Pod').filter((pod) => isActive(pod) && pod.metadata.namespace === namespace)
    if (pods.length === 0) return
    const { name = '', uid = '' } = random.pick(pods).metadata
    const way = random.pick(['delete', 'delete', 'evict', 'force'] as const)
    if (way === 'force') memory.forced.add(uid)
    this.#begin(() => (way === 'evict' ? user.evictPod(name) : user.deletePod(name, way === 'force' ? 0 : undefined)))
  }

  #loseNode(): void {
    const { cluster, random, user } = this.#o
    const name = random.pick(cluster.nodeNames())
    if (!cluster.isRunning(`kubelet ${name}`)) return
    const forGood = random.chance(0.3)
    const awayMs = random.between(1000, 600_000)
    cluster.kill(`kubelet ${name}`)
    if (!forGood) {
      this.#begin(async () => {
        await this.#sleep(awayMs)
        cluster.launch(`kubelet ${name}`)
      })
      return
    }
    cluster.removeNode(name)
    cluster.addNode()
    this.#begin(async () => {
      await this.#sleep(awayMs / 4)
      await user.deleteNode(name)
    })
  }

  #cordon(): void {
    const { cluster, random, user } = this.#o
    const name = random.pick(cluster.nodeNames())
    const awayMs = random.between(1000, 100_000)
    this.#begin(async () => {
      await user.cordon(name, true)
      await this.#sleep(awayMs)
      await user.cordon(name, false)
    })
  }

  #wish(one: Wanted, act: () => Promise<void>): void {
    this.#busy.add(one)
    this.#begin(() => act().finally(() => this.#busy.delete(one)))
  }

  #begin(act: () => Promise<void>): void {
    const open: Promise<void> = act()
      .catch((error) => void (this.#failure ??= error))
      .finally(() => this.#open.delete(open))
    this.#open.add(open)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#o.timeline.after(ms, resolve))
  }

  #later(ms: number, act: () => Promise<void>): void {
    this.#begin(async () => {
      await this.#sleep(ms)
      await act()
    })
  }
}
