// Runs components as child processes: start, restart after a crash with backoff, orderly stop. Their log lines go to bounded files.
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../apimachinery/clock.ts'
import { type BackoffOptions, backoffDelay } from '../client/backoff.ts'

export interface ProcessSpec {
  /** Unique; also the name of its log file. */
  name: string
  /** The k8ts command line: ['scheduler', '--kubeconfig', …]. */
  args: readonly string[]
  /** Lower ones are stopped first. */
  stopOrder: number
  /** Flags of Node itself. */
  nodeFlags?: readonly string[]
}

export interface SupervisorOptions {
  clock: Clock
  /** The program's entry file, run by the same Node. */
  entry: string
  logDirectory: string
  environment: NodeJS.ProcessEnv
  onExit?: (name: string, what: string) => void
  /** Told whenever the set of process ids has changed. */
  onPids?: (pids: Record<string, number>) => void
}

const restartBackoff: BackoffOptions = { initialMs: 200, maxMs: 10_000 }
/** A process that ran this long starts its backoff anew. */
const steadyMs = 30_000
const maxLogBytes = 10 << 20
const stopStepMs = 850

interface Child {
  spec: ProcessSpec
  process: ChildProcess | undefined
  startedAt: number
  failures: number
  ready: boolean
  waiters: (() => void)[]
  log: BoundedLog
}

export class Supervisor {
  readonly #o: SupervisorOptions
  readonly #children = new Map<string, Child>()
  #stopping = false

  constructor(options: SupervisorOptions) {
    this.#o = options
    mkdirSync(options.logDirectory, { recursive: true, mode: 0o700 })
  }

  start(spec: ProcessSpec): void {
    const log = new BoundedLog(join(this.#o.logDirectory, `${spec.name}.log`))
    const child: Child = { spec, process: undefined, startedAt: 0, failures: 0, ready: false, waiters: [], log }
    this.#children.set(spec.name, child)
    this.#spawn(child)
  }

  /** Resolves once the process has said that it does its work (for the first time). */
  ready(name: string): Promise<void> {
    const child = this.#children.get(name)
    if (child === undefined) return Promise.reject(new Error(`no process ${name}`))
    return child.ready ? Promise.resolve() : new Promise((resolve) => child.waiters.push(resolve))
  }

  /** Process ids by name, of those that run. */
  pids(): Record<string, number> {
    return Object.fromEntries(
      [...this.#children.values()].flatMap(({ spec, process }) => (process?.pid === undefined ? [] : [[spec.name, process.pid]])),
    )
  }

  /** Ends all, in stop order; those that do not end in time are killed. */
  async stop(): Promise<void> {
    this.#stopping = true
    const orders = [...new Set([...this.#children.values()].map(({ spec }) => spec.stopOrder))].sort((a, b) => a - b)
    for (const order of orders) {
      const group = [...this.#children.values()].filter(({ spec }) => spec.stopOrder === order)
      await Promise.all(group.map((child) => this.#end(child)))
    }
    await Promise.all([...this.#children.values()].map(({ log }) => log.close()))
  }

  #spawn(child: Child): void {
    child.startedAt = this.#o.clock.now()
    const started = spawn(process.execPath, [...process.execArgv, ...(child.spec.nodeFlags ?? []), this.#o.entry, ...child.spec.args], {
      env: this.#o.environment,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C reaches the whole foreground group: children wait for our word instead
      detached: true,
    })
    child.process = started
    this.#o.onPids?.(this.pids())
    started.stdout?.on('data', (chunk: Buffer) => child.log.write(chunk))
    started.stderr?.on('data', (chunk: Buffer) => child.log.write(chunk))
    started.on('message', (message: { ready?: boolean }) => {
      if (message.ready !== true) return
      child.ready = true
      for (const waiter of child.waiters.splice(0)) waiter()
    })
    started.on('error', (error) => this.#ended(child, error.message))
    started.on('exit', (code, signal) => this.#ended(child, signal ?? `exit code ${code}`))
  }

  #ended(child: Child, what: string): void {
    if (child.process === undefined) return
    child.process = undefined
    if (this.#stopping) return
    const lived = this.#o.clock.now() - child.startedAt
    child.failures = lived > steadyMs ? 0 : child.failures + 1
    this.#o.onExit?.(child.spec.name, what)
    this.#o.clock.after(backoffDelay(restartBackoff, Math.max(0, child.failures - 1)), () => {
      if (!this.#stopping) this.#spawn(child)
    })
  }

  #end(child: Child): Promise<void> {
    const { process } = child
    if (process === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = this.#o.clock.after(stopStepMs, () => process.kill('SIGKILL'))
      process.once('exit', () => {
        timer.cancel()
        resolve()
      })
      process.kill('SIGTERM')
    })
  }
}

/** Appends to a file; past the limit the file becomes `<file>.1` and a new one begins. */
class BoundedLog {
  readonly #file: string
  #stream: WriteStream
  #size: number

  constructor(file: string) {
    this.#file = file
    this.#size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    this.#stream = createWriteStream(file, { flags: 'a', mode: 0o600 })
  }

  write(chunk: Buffer): void {
    // a disk slower than the log: drop rather than grow
    if (this.#stream.writableLength > 1 << 20) return
    this.#size += chunk.length
    if (this.#size > maxLogBytes) {
      this.#stream.end()
      renameSync(this.#file, `${this.#file}.1`)
      this.#stream = createWriteStream(this.#file, { flags: 'a', mode: 0o600 })
      this.#size = chunk.length
    }
    this.#stream.write(chunk)
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(resolve))
  }
}
