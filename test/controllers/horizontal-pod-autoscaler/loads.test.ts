// An autoscaler over days of a virtual clock: a load that grows and goes, pods that share it, a target that follows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { horizontalPodAutoscaler } from '../../../controllers/horizontal-pod-autoscaler/index.ts'
import type { HorizontalPodAutoscaler as AutoscalerObject, HorizontalPodAutoscalerSpec } from '../../../openapi/types/autoscaling/v2.ts'
import { HorizontalPodAutoscaler } from '../../../src/api/autoscaling/horizontalpodautoscaler.ts'
import { Event } from '../../../src/api/core/event.ts'
import { Pod } from '../../../src/api/core/pod/index.ts'
import { conflict, forbidden } from '../../../src/apimachinery/api-error.ts'
import { timestamp } from '../../../src/apimachinery/clock.ts'
import type { KubeObject } from '../../../src/apimachinery/meta.ts'
import { running } from '../../controller/running.ts'
import type { FakeServer } from '../../support/fake-server.ts'
import type { VirtualClock } from '../../support/virtual-clock.ts'
import { Widget } from '../widget.ts'

const place = { namespace: 'ns', name: 'web' }
const labels = { app: 'web' }
/** The target looks like its own scale: the faked server knows no subresources. */
type Target = KubeObject & { spec: { replicas: number }; status: { replicas: number; selector: string } }

const spec: HorizontalPodAutoscalerSpec = {
  scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Widget', name: 'web' },
  minReplicas: 1,
  maxReplicas: 20,
  metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
}

class World {
  /** Thousandths of a CPU that all pods do together. */
  load = 40
  readonly sizes: { at: number; replicas: number }[] = []
  readonly #run
  readonly #start: number

  constructor(behavior: HorizontalPodAutoscalerSpec['behavior'] = undefined) {
    const ports = (server: FakeServer, clock: VirtualClock) => ({
      scales: { get: async () => ({ scale: await server.client.get(Widget, place), kind: Widget }) },
      metrics: { resource: async () => this.#usages(server, clock) },
    })
    const autoscaler = { metadata: place, spec: { ...spec, ...(behavior === undefined ? {} : { behavior }) } }
    this.#run = running(
      horizontalPodAutoscaler,
      (server) => {
        server.create(Widget, { metadata: place, spec: { replicas: 1 }, status: { replicas: 1, selector: 'app=web' } } as never)
        server.create(HorizontalPodAutoscaler, autoscaler as AutoscalerObject)
      },
      ports,
    )
    this.#start = this.clock.now()
    this.#follow()
  }

  get clock(): VirtualClock {
    return this.#run.clock
  }

  get server(): FakeServer {
    return this.#run.server
  }

  get autoscaler(): AutoscalerObject {
    return this.server.all(HorizontalPodAutoscaler)[0]!
  }

  /** Lets time pass; every five seconds there are as many pods as the target wants. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds / 5; i++) {
      await this.clock.advance(5000)
      this.#follow()
    }
  }

  /** What was scaled to, with the seconds since the start. */
  history(): string[] {
    return this.sizes.map(({ at, replicas }) => `${(at - this.#start) / 1000}: ${replicas}`)
  }

  events(): string[] {
    return this.server.all(Event).map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
  }

  stop = () => this.#run.stop()

  #follow(): void {
    const { replicas } = this.server.all<Target>(Widget as never)[0]!.spec
    if (this.sizes.at(-1)?.replicas === replicas) return
    this.sizes.push({ at: this.clock.now(), replicas })
    for (const { metadata } of this.server.all(Pod)) this.server.remove(Pod, { namespace: 'ns', name: metadata!.name! })
    const longAgo = timestamp(this.clock.now() - 3_600_000)
    for (let i = 0; i < replicas; i++) {
      const container = { name: 'c', image: 'nginx', resources: { requests: { cpu: '100m' } } }
      const ready = { type: 'Ready', status: 'True', lastTransitionTime: longAgo }
      this.server.create(Pod, {
        metadata: { namespace: 'ns', name: `web-${i}`, labels },
        spec: { containers: [container] },
        status: { phase: 'Running', startTime: longAgo, conditions: [ready] },
      })
    }
  }

  #usages(server: FakeServer, clock: VirtualClock) {
    const pods = server.all(Pod)
    const cpu = `${Math.round((this.load / pods.length) * 1000)}u`
    return pods.map(({ metadata }) => ({
      metadata: metadata!,
      timestamp: timestamp(clock.now()),
      window: '15s',
      containers: [{ name: 'c', usage: { cpu } }],
    }))
  }
}

test('a load that comes and goes: up at once, at most doubled, down after five minutes', async () => {
  const world = new World()
  await world.pass(60)
  assert.deepEqual(world.history(), ['0: 1'])
  world.load = 800
  await world.pass(120)
  assert.deepEqual(world.history(), ['0: 1', '75: 4', '90: 8', '105: 16'])
  world.load = 30
  await world.pass(600)
  // the last look that asked for sixteen was at 180
  assert.deepEqual(world.history(), ['0: 1', '75: 4', '90: 8', '105: 16', '495: 1'])
  assert.deepEqual(world.events(), [
    'Normal SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target',
    'Normal SuccessfulRescale: New size: 8; reason: cpu resource utilization (percentage of request) above target',
    'Normal SuccessfulRescale: New size: 16; reason: cpu resource utilization (percentage of request) above target',
    'Normal SuccessfulRescale: New size: 1; reason: All metrics below target',
  ])
  const { status } = world.autoscaler
  assert.equal(status?.lastScaleTime, '2026-01-01T00:08:15Z')
  assert.deepEqual([status?.currentReplicas, status?.desiredReplicas], [1, 1])
  assert.deepEqual(status?.currentMetrics?.[0]?.resource?.current, { averageUtilization: 30, averageValue: '30m' })
  await world.stop()
})

test('policies: three pods a minute up, half of them a minute down, windows of their own', async () => {
  const world = new World({
    scaleUp: { stabilizationWindowSeconds: 30, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 3, periodSeconds: 60 }] },
    scaleDown: { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }] },
  })
  await world.pass(60)
  world.load = 500
  await world.pass(240)
  assert.deepEqual(world.history(), ['0: 1', '90: 4', '150: 7', '210: 10'])
  world.load = 10
  await world.pass(300)
  assert.deepEqual(world.history().slice(4), ['315: 5', '375: 2', '435: 1'])
  await world.stop()
})

test('a refused rescale is told and tried again after a period; a conflict at once and in silence', async () => {
  const world = new World()
  let conflicts = 1
  let refusals = 1
  world.server.refuse = ({ verb, subresource }) => {
    if (verb !== 'update' || subresource !== 'scale') return undefined
    if (conflicts-- > 0) return conflict(Widget, 'web')
    return refusals-- > 0 ? forbidden(Widget, 'web', 'not now') : undefined
  }
  world.load = 100
  await world.pass(20)
  assert.equal(world.server.requests.filter(({ subresource }) => subresource === 'scale').length, 2)
  const able = world.autoscaler.status?.conditions?.find(({ type }) => type === 'AbleToScale')
  assert.equal(able?.reason, 'FailedUpdateScale')
  assert.match(able?.message ?? '', /^the HPA controller was unable to update the target scale: .*not now/)
  await world.pass(20)
  assert.deepEqual(world.history(), ['0: 1', '35: 2'])
  const events = world.events()
  assert.equal(events.length, 2, events.join('\n'))
  assert.match(events[0]!, /^Warning FailedRescale: New size: 2; reason: cpu .* above target; error: .*not now/)
  await world.stop()
})

test('a deleted autoscaler is forgotten: a new one of its name waits a period again', async () => {
  const world = new World()
  await world.pass(20)
  world.server.remove(HorizontalPodAutoscaler, place)
  world.load = 800
  await world.pass(30)
  world.server.create(HorizontalPodAutoscaler, { metadata: place, spec } as AutoscalerObject)
  await world.pass(10)
  assert.deepEqual(world.history(), ['0: 1'])
  await world.pass(10)
  assert.deepEqual(world.history(), ['0: 1', '65: 4'])
  await world.stop()
})
