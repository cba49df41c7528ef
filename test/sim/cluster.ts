// A cluster in one process on virtual time: the API server and every component, each over its own link, each to be killed and started by name.
import { controllers } from '../../controllers/index.ts'
import type { ServerContext } from '../../src/apiserver/context.ts'
import { runControllerManager } from '../../src/controller/manager.ts'
import { openPorts } from '../../src/controller/open-ports.ts'
import { runKubelet } from '../../src/kubelet/kubelet.ts'
import { runScheduler } from '../../src/scheduler/scheduler.ts'
import type { Storage } from '../../src/storage/storage.ts'
import type { Exchange } from './direct.ts'
import { fairWeather, type Link, type Weather } from './network.ts'
import { type Ground, type Process, type Program, program, startProcess } from './processes.ts'
import { Seeded } from './seeded.ts'
import { openServer, type SimulatedServer } from './server.ts'

export interface ClusterSetting extends Omit<Ground, 'weather' | 'up'> {
  storage: Storage
  /** During the storm; before and after it the weather is fair. */
  weather: Weather
}

/** What controllers are given over the public API. Those that sign with keys are left out: keys do not follow from a seed. */
const given = new Set(['accessReview', 'metrics', 'namespaceContent', 'objectGraph', 'scales'])

const manager = (name: string, leaderElect: boolean) =>
  program(name, runControllerManager, {
    available: controllers.filter(({ needs = [] }) => needs.every((port) => given.has(port))),
    controllers: ['*'],
    leaderElect,
    identity: name,
    settings: { 'node-ipam': { clusterCidr: '10.244.0.0/16' }, 'root-ca-certificate-publisher': { rootCa: 'simulated' } },
    ports: {},
    openPorts,
  })

const scheduler = (name: string, leaderElect: boolean) => program(name, runScheduler, { leaderElect, identity: name })

/** One of each kind, or two that take turns. */
function core(pairs: boolean): Program[] {
  const one = [manager('kube-controller-manager', pairs), scheduler('kube-scheduler', pairs)]
  return pairs ? [...one, manager('kube-controller-manager-2', true), scheduler('kube-scheduler-2', true)] : one
}

const capacity = { cpu: '16', memory: '64Gi', pods: '110', 'ephemeral-storage': '100Gi' }

const kubelet = (name: string) => program(`kubelet ${name}`, runKubelet, { nodeName: name, capacity })

export class SimulatedCluster {
  readonly #o: ClusterSetting
  readonly #programs = new Map<string, Program>()
  readonly #running = new Map<string, Process>()
  readonly #userConnections = new Set<Exchange>()
  readonly #nodes: string[] = []
  #server: SimulatedServer | undefined
  #incarnations = 0
  #nodeCount = 0
  #weather = fairWeather

  constructor(setting: ClusterSetting) {
    this.#o = setting
  }

  async start(nodes: number, pairs: boolean): Promise<void> {
    await this.startServer()
    for (const program of core(pairs)) this.#add(program)
    for (let count = 0; count < nodes; count++) this.addNode()
  }

  /** Names of nodes that are meant to be there. */
  nodeNames(): readonly string[] {
    return this.#nodes
  }

  /** Programs other than kubelets. */
  coreNames(): string[] {
    return [...this.#programs.keys()].filter((name) => !name.startsWith('kubelet'))
  }

  storm(on: boolean): void {
    this.#weather = on ? this.#o.weather : fairWeather
  }

  isRunning(name: string): boolean {
    return this.#running.has(name)
  }

  launch(name: string): void {
    const program = this.#programs.get(name)
    if (program === undefined || this.#running.has(name)) return
    this.#o.note(`start ${name}`)
    const ended = (_: string, error: unknown) => this.#ended(name, error)
    this.#running.set(name, startProcess(program, { ...this.#ground(), ended }, ++this.#incarnations))
  }

  /** Who has lost its lease ends, and is started again as a supervisor would. */
  #ended(name: string, error: unknown): void {
    if (!(error instanceof Error && error.message.startsWith('leader election lost'))) return this.#o.ended(name, error)
    this.kill(name)
    this.#o.timeline.after(1000, () => this.launch(name))
  }

  kill(name: string): void {
    const process = this.#running.get(name)
    if (process === undefined) return
    this.#o.note(`kill ${name}`)
    this.#running.delete(name)
    process.kill()
  }

  async stop(name: string): Promise<void> {
    const process = this.#running.get(name)
    if (process === undefined) return
    this.#o.note(`stop ${name}`)
    this.#running.delete(name)
    await process.stop()
  }

  crashServer(): void {
    this.#o.note('kill apiserver')
    this.#server?.crash()
    this.#server = undefined
    for (const process of this.#running.values()) process.disconnect()
    for (const connection of this.#userConnections) connection.cut()
    this.#userConnections.clear()
  }

  async startServer(): Promise<void> {
    if (this.#server !== undefined) return
    const { storage, timeline, seed, log } = this.#o
    const opening = openServer({ storage, timeline, seed, incarnation: ++this.#incarnations, log: log('apiserver') })
    this.#server = await timeline.drive(opening)
    this.#o.note('start apiserver')
  }

  addNode(): string {
    const name = `node-${++this.#nodeCount}`
    this.#nodes.push(name)
    this.#add(kubelet(name))
    return name
  }

  /** The machine is gone for good; its Node object is the user's to delete. */
  removeNode(name: string): void {
    this.kill(`kubelet ${name}`)
    this.#programs.delete(`kubelet ${name}`)
    this.#nodes.splice(this.#nodes.indexOf(name), 1)
  }

  /** Everything that is down comes up again. */
  async heal(): Promise<void> {
    this.storm(false)
    await this.startServer()
    for (const name of this.#programs.keys()) this.launch(name)
  }

  /** Every process ends in order. */
  async end(): Promise<void> {
    const { timeline } = this.#o
    for (const name of [...this.#running.keys()]) await timeline.drive(this.stop(name), 120_000)
    this.crashServer()
  }

  /** The user's own way to the server: fair weather always. */
  userLink(): Link {
    return {
      ...this.#ground(),
      name: 'user',
      clock: this.#o.timeline,
      random: new Seeded(this.#o.seed, 'network of the user'),
      weather: () => fairWeather,
      alive: () => true,
      connections: this.#userConnections,
    }
  }

  #add(program: Program): void {
    this.#programs.set(program.name, program)
    this.launch(program.name)
  }

  #ground(): Ground {
    return { ...this.#o, weather: () => this.#weather, up: (): ServerContext | undefined => this.#server?.context }
  }
}
