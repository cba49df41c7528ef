// One controller, run over a faked server on a virtual clock.
import type { ReplicaSet as ReplicaSetObject } from '../../openapi/types/apps/v1.ts'
import { ReplicaSet } from '../../src/api/apps/replicaset.ts'
import { Event } from '../../src/api/core/event.ts'
import { createEventRecorder } from '../../src/client/event-recorder.ts'
import { InformerFactory } from '../../src/client/informer.ts'
import type { Controller } from '../../src/controller/define.ts'
import { runController } from '../../src/controller/runner.ts'
import { FakeServer } from '../support/fake-server.ts'
import { type LogLine, logTo } from '../support/log.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

export interface Running {
  clock: VirtualClock
  server: FakeServer
  logs: LogLine[]
  stop: () => Promise<void>
}

/** Runs a controller over a server that `prepare` fills first; `portsOf` makes what it needs besides. */
export function running(
  controller: Controller,
  prepare: (server: FakeServer) => void = () => {},
  portsOf: (server: FakeServer, clock: VirtualClock) => Record<string, unknown> = () => ({}),
): Running {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  prepare(server)
  const end = new AbortController()
  const shared = { client: server.client, clock, random: () => 0.5, signal: end.signal }
  const informers = new InformerFactory(shared)
  const recorder = createEventRecorder({ client: server.client, eventKind: Event, clock, component: `${controller.name}-controller` })
  const logs: LogLine[] = []
  const ports = portsOf(server, clock)
  const run = runController(controller, { ...shared, informers, recorder, log: logTo(logs), ports })
  const stop = async () => {
    end.abort()
    await clock.advance(1000)
    await Promise.all([run, informers.stopped()])
  }
  return { clock, server, logs, stop }
}

/** A ReplicaSet web of namespace ns. */
export function webSet(replicas: number): ReplicaSetObject {
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
  return { metadata: { namespace: 'ns', name: 'web' }, spec: { replicas, selector: { matchLabels: labels }, template } }
}

export const web = { namespace: 'ns', name: 'web' }
/** Changes the size of the set behind the controller's back. */
export const scaleTo = (server: FakeServer, replicas: number) =>
  server.change<ReplicaSetObject>(ReplicaSet, web, (set) => {
    set.spec!.replicas = replicas
  })
