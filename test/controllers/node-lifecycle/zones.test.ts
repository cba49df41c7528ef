// Nodes fall ill zone by zone: when each of them has its pods driven out, on a clock of the test.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zoneState } from '../../../controllers/node-lifecycle/zones.ts'
import type { Node as NodeObject, Taint } from '../../../openapi/types/core/v1.ts'
import { Lease } from '../../../src/api/coordination/lease.ts'
import { Node } from '../../../src/api/core/node.ts'
import { Pod } from '../../../src/api/core/pod/index.ts'
import { ObjectCache } from '../../../src/client/informer.ts'
import { controllerNamed } from '../golden.ts'

const controller = controllerNamed('node-lifecycle')
const types = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

/** A cluster of nodes that only this controller changes. */
class Cluster {
  readonly nodes = new Map<string, NodeObject>()
  readonly #due = new Map<string, number>()
  readonly #memory = new Map<string, unknown>()
  now = Date.UTC(2026, 0, 1)

  add(zone: string, names: readonly string[], labels: Record<string, string> = {}): this {
    for (const name of names) {
      const metadata = { name, uid: name, labels: { 'topology.kubernetes.io/zone': zone, ...labels } }
      this.nodes.set(name, { metadata, spec: {}, status: { conditions: [] } })
    }
    return this.say(names, 'True')
  }

  /** What nodes say, or are said, of themselves. */
  say(names: readonly string[], ready: string): this {
    for (const name of names) {
      const status = { conditions: types.map((type) => ({ type, status: type === 'Ready' ? ready : ready === 'True' ? 'False' : ready })) }
      this.nodes.set(name, { ...this.nodes.get(name)!, status: status as never })
      this.#due.delete(name)
      this.#due.set(name, this.now)
    }
    return this
  }

  /** Runs the clock; answers at which second each node got its NoExecute taint, and lost it. */
  async run(seconds: number): Promise<string[]> {
    const told: string[] = []
    const start = this.now
    for (const end = start + seconds * 1000; ; ) {
      const [name, at] = [...this.#due].reduce((first, one) => (one[1] < first[1] ? one : first), ['', Number.POSITIVE_INFINITY])
      if (at > end) {
        this.now = end
        return told
      }
      this.now = at
      this.#due.delete(name)
      const before = drives(this.nodes.get(name)!)
      await this.#reconcile(name)
      const after = drives(this.nodes.get(name)!)
      if (before !== after) told.push(`${after ? '' : '-'}${name} ${(this.now - start) / 1000}`)
    }
  }

  async #reconcile(name: string): Promise<void> {
    const [nodes, leases, pods] = [new ObjectCache(Node), new ObjectCache(Lease), new ObjectCache(Pod)]
    nodes.replace([...this.nodes.values()], '1')
    pods.addIndex('node', () => [])
    const options = { ...controller.options, nodeMonitorGracePeriodMs: Number.MAX_SAFE_INTEGER }
    const context = { now: this.now, random: () => 0, key: name, memory: this.#memory, options, ports: {} }
    const plan = await controller.reconcile(this.nodes.get(name)!, { nodes, leases, pods }, context)
    for (const write of plan.steps.flat()) {
      if (write.op !== 'patch') continue
      const { spec } = write.patch as { spec?: { taints: Taint[] | null } }
      if (spec !== undefined) this.nodes.set(name, { ...this.nodes.get(name)!, spec: { taints: spec.taints ?? [] } })
    }
    if (plan.requeueAfterMs !== undefined && !this.#due.has(name)) this.#due.set(name, this.now + plan.requeueAfterMs)
  }
}

function drives({ spec }: NodeObject): boolean {
  return spec?.taints?.some(({ effect }) => effect === 'NoExecute') ?? false
}

const many = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`)

test('one after another, ten seconds apart', async () => {
  const cluster = new Cluster().add('a', many('a', 10))
  await cluster.run(1)
  cluster.say(['a3', 'a1', 'a2'], 'Unknown')
  assert.deepEqual(await cluster.run(40), ['a3 0', 'a1 10', 'a2 20'])
})

test('a small zone where most are ill: none', async () => {
  const cluster = new Cluster().add('a', many('a', 10)).add('b', ['b0'])
  await cluster.run(1)
  cluster.say(many('a', 6), 'False')
  assert.deepEqual(await cluster.run(40), [])
})

test('a zone that is dead altogether is emptied at the usual rate, as others live', async () => {
  const cluster = new Cluster().add('a', many('a', 3)).add('b', ['b0'])
  await cluster.run(1)
  cluster.say(many('a', 3), 'False')
  assert.deepEqual(await cluster.run(40), ['a0 0', 'a1 10', 'a2 20'])
})

test('a large zone where most are ill: a hundred seconds apart', async () => {
  const cluster = new Cluster().add('a', many('a', 60))
  await cluster.run(1)
  cluster.say(many('a', 40), 'Unknown')
  assert.deepEqual(await cluster.run(250), ['a0 0', 'a1 100', 'a2 200'])
})

test('zones have turns of their own', async () => {
  const cluster = new Cluster().add('a', many('a', 5)).add('b', many('b', 5))
  await cluster.run(1)
  cluster.say(['a0', 'b0', 'a1', 'b1'], 'Unknown')
  assert.deepEqual(await cluster.run(40), ['a0 0', 'b0 0', 'a1 10', 'b1 10'])
})

test('all ill: what has been tainted is freed; when the first is well again it begins anew, with an empty bucket', async () => {
  const cluster = new Cluster().add('a', many('a', 4))
  await cluster.run(1)
  cluster.say(['a0'], 'Unknown')
  assert.deepEqual(await cluster.run(3), ['a0 0'])
  cluster.say(['a1', 'a2', 'a3'], 'Unknown')
  assert.deepEqual(await cluster.run(10), ['-a0 2'])
  cluster.say(['a1', 'a2'], 'True')
  const told = await cluster.run(30)
  assert.deepEqual(told.map((text) => text.split(' ')[0]).sort(), ['a0', 'a3'])
  assert.ok(
    told.every((text) => Number(text.split(' ')[1]) >= 10),
    told.join(),
  )
})

test('a node that is well again leaves the queue', async () => {
  const cluster = new Cluster().add('a', many('a', 10))
  await cluster.run(1)
  cluster.say(['a0', 'a1', 'a2'], 'Unknown')
  assert.deepEqual(await cluster.run(5), ['a0 0'])
  cluster.say(['a0', 'a1'], 'True')
  assert.deepEqual(await cluster.run(30), ['-a0 0', 'a2 5'])
})

test('excluded nodes say nothing about the state of their zone', async () => {
  const cluster = new Cluster().add('a', many('a', 3)).add('a', ['x'], { 'node.kubernetes.io/exclude-disruption': '' })
  await cluster.run(1)
  cluster.say(many('a', 3), 'Unknown')
  assert.deepEqual(await cluster.run(30), [], 'the only one that is well does not count')
})

test('states of a zone', () => {
  const cases: [number, number, string][] = [
    [0, 0, 'Normal'],
    [0, 1, 'FullDisruption'],
    [1, 2, 'Normal'],
    [2, 3, 'PartialDisruption'],
    [9, 11, 'PartialDisruption'],
    [10, 11, 'Normal'],
  ]
  for (const [ready, others, want] of cases) assert.equal(zoneState(ready, others, 0.55), want, `${ready} ready, ${others} not`)
})
