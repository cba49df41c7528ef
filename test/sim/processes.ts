// Processes of a simulated cluster: each can be stopped in order, killed in the middle of anything, and started again. A killed process
// hears of nothing any more: its timers do not come due, its requests are not answered, its connections are closed.
import type { Logger } from 'pino'
import type { Clock } from '../../src/apimachinery/clock.ts'
import { createClient } from '../../src/client/rest.ts'
import type { Component, ComponentContext } from '../../src/component.ts'
import type { Exchange } from './direct.ts'
import { type Link, linked } from './network.ts'
import { Seeded } from './seeded.ts'
import type { Timeline } from './timeline.ts'

/** What a process is started with; the same each time. */
export interface Program {
  name: string
  run: (context: ComponentContext) => Promise<void>
}

export function program<O>(name: string, component: Component<O>, options: O): Program {
  return { name, run: (context) => component(options, context) }
}

export interface Ground extends Pick<Link, 'weather' | 'up' | 'note' | 'acknowledged' | 'watched'> {
  seed: number
  timeline: Timeline
  log: (name: string) => Logger
  /** A component must not end by itself, except to be started again. */
  ended: (name: string, error: unknown) => void
}

export interface Process {
  name: string
  /** Ends as if the power were cut. */
  kill(): void
  /** Ends in order; resolves when the component has returned. */
  stop(): Promise<void>
  /** Connections to the server end. */
  disconnect(): void
}

/** Starts one incarnation of a program. */
export function startProcess({ name, run }: Program, ground: Ground, incarnation: number): Process {
  const { timeline, seed } = ground
  let alive = true
  const clock: Clock = { now: timeline.now, after: (delayMs, callback) => timeline.after(delayMs, () => alive && callback()) }
  const connections = new Set<Exchange>()
  const link: Link = {
    ...ground,
    name,
    connections,
    alive: () => alive,
    clock: timeline,
    random: new Seeded(seed, `network of ${name} ${incarnation}`),
  }
  const stopping = new AbortController()
  const client = createClient({ transport: linked(link), userAgent: `${name}/simulated`, clock })
  const random = new Seeded(seed, `${name} ${incarnation}`).next
  const done = run({ client, clock, random, log: ground.log(name), signal: stopping.signal }).then(
    () => alive && !stopping.signal.aborted && ground.ended(name, undefined),
    (error: unknown) => alive && !stopping.signal.aborted && ground.ended(name, error),
  )
  const disconnect = () => {
    for (const connection of connections) connection.cut()
    connections.clear()
  }
  return {
    name,
    disconnect,
    kill: () => {
      alive = false
      disconnect()
    },
    stop: async () => {
      stopping.abort(new Error('stopped'))
      await done
      alive = false
      disconnect()
    },
  }
}
