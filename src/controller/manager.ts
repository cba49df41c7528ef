// The controller-manager: picks controllers, shares caches among them, runs them while it leads.

import { Lease } from '../api/coordination/lease.ts'
import { Event } from '../api/core/event.ts'
import { sleep } from '../apimachinery/clock.ts'
import { createEventRecorder } from '../client/event-recorder.ts'
import { InformerFactory } from '../client/informer.ts'
import { runAsLeader } from '../client/leader-election.ts'
import type { QueueMetrics } from '../client/queue-metrics.ts'
import type { Component, ComponentContext } from '../component.ts'
import { type Controller, isLoop, type LoopController } from './define.ts'
import { runController } from './runner.ts'

export interface ControllerManagerOptions {
  /** All that exist, sorted. */
  available: readonly (Controller | LoopController)[]
  /** Upstream's --controllers: `*` = all, `name` = this one, `-name` = not this one. */
  controllers: readonly string[]
  leaderElect: boolean
  /** Unique among the managers of the cluster: <hostname>_<uuid>. */
  identity: string
  /** Option values by controller name. */
  settings: Readonly<Record<string, Record<string, unknown>>>
  /** Keys worked on at once, by controller name, over each one's default. */
  workers?: Readonly<Record<string, number>>
  /** What controllers `need`, by port name. A function gets the running context. */
  ports: Readonly<Record<string, unknown>>
  /** Where metrics of the controllers' queues are kept. */
  queues?: QueueMetrics
  openPorts?: (context: ComponentContext & { informers: InformerFactory }) => Record<string, unknown>
}

/** Names of `available` chosen by upstream's --controllers words; throws an Error for a name that does not exist. */
export function chosenControllers(available: readonly { name: string }[], words: readonly string[]): Set<string> {
  const known = new Set(available.map(({ name }) => name))
  for (const word of words) {
    const name = word.replace(/^-/, '').replace(/-controller$/, '')
    if (word !== '*' && !known.has(name)) throw new Error(`"${name}" is not in the list of known controllers`)
  }
  const plain = words.map((word) => word.replace(/-controller$/, ''))
  const chosen = [...known].filter((name) => plain.includes(name) || (plain.includes('*') && !plain.includes(`-${name}`)))
  return new Set(chosen.filter((name) => !plain.includes(`-${name}`)))
}

/** Runs until the signal aborts. With leader election it waits for its turn, and rejects when leadership is lost. */
export const runControllerManager: Component<ControllerManagerOptions> = async (options, context) => {
  const names = chosenControllers(options.available, options.controllers)
  const controllers = options.available.filter(({ name }) => names.has(name))
  if (!options.leaderElect) return runAll(controllers, options, context)
  context.ready?.()
  await runAsLeader(
    {
      client: context.client,
      leaseKind: Lease,
      namespace: 'kube-system',
      name: 'kube-controller-manager',
      identity: options.identity,
      clock: context.clock,
      random: context.random,
      signal: context.signal,
      onError: (err) => context.log.warn({ err }, 'leader election attempt failed'),
    },
    (signal) => runAll(controllers, options, { ...context, signal }),
  )
}

const discoveryRetryMs = 1000

/** Without those whose kind the API server does not serve, where that is not sure (`ifServed`). */
async function served(
  controllers: readonly (Controller | LoopController)[],
  { client, clock, log, signal }: ComponentContext,
): Promise<readonly (Controller | LoopController)[]> {
  const unsure = controllers.filter((controller) => !isLoop(controller) && controller.ifServed === true)
  while (unsure.length > 0) {
    try {
      const { groups } = (await client.raw('GET', '/apis', { signal })) as { groups: { versions: { groupVersion: string }[] }[] }
      const versions = new Set(groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion)))
      return controllers.filter((controller) => !unsure.includes(controller) || versions.has((controller as Controller).for.apiVersion))
    } catch (err) {
      if (signal.aborted) throw err
      log.warn({ err }, 'discovery failed')
      await sleep(clock, discoveryRetryMs, signal)
    }
  }
  return controllers
}

async function runAll(
  chosen: readonly (Controller | LoopController)[],
  options: ControllerManagerOptions,
  context: ComponentContext & { ready?: () => void },
): Promise<void> {
  const { client, clock, random, log, signal } = context
  const controllers = await served(chosen, context)
  const informers = new InformerFactory({ client, clock, random, signal, onError: (err) => log.debug({ err }, 'watch failed') })
  const ports = { ...options.ports, ...options.openPorts?.({ ...context, informers }) }
  const recorders: { flush(): Promise<void> }[] = []
  const runs = controllers.map((controller) => {
    const settings = options.settings[controller.name] ?? {}
    if (isLoop(controller)) return controller.run(ports, { options: { ...controller.options, ...settings }, signal })
    const recorder = createEventRecorder({
      client,
      clock,
      component: controller.eventSource ?? `${controller.name}-controller`,
      eventKind: Event,
      signal,
      onError: (err) => log.debug({ err }, 'event not recorded'),
    })
    recorders.push(recorder)
    const workers = options.workers?.[controller.name]
    const given = { options: settings, ports, ...(workers === undefined ? {} : { workers }) }
    return runController(controller, { client, informers, recorder, clock, random, log, signal, queues: options.queues, ...given })
  })
  context.ready?.()
  await Promise.all([...runs, informers.stopped()])
  await Promise.all(recorders.map((recorder) => recorder.flush()))
}
