// Many pods on few nodes: whatever is asked for, no node gets more than it has, and the books stay right.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { schedule } from '../../src/scheduler/cycle.ts'
import { podInfo } from '../../src/scheduler/pod-info.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'
import { cluster, node, pod } from './objects.ts'

const profile = defaultProfile()

test('no node is ever overcommitted', () => {
  const request = fc.record({
    cpu: fc.integer({ min: 0, max: 2000 }),
    memory: fc.integer({ min: 0, max: 4096 }),
    port: fc.option(fc.integer({ min: 1, max: 5 })),
  })
  const script = fc.array(fc.record({ request, leaves: fc.nat({ max: 9 }) }), { minLength: 100, maxLength: 500 })
  fc.assert(
    fc.property(script, fc.integer({ min: 1, max: 2 ** 31 - 2 }), (steps, seed) => {
      let state = seed
      const random = () => (state = (state * 16807) % 2147483647) / 2147483647
      const cache = cluster(Array.from({ length: 50 }, (_, i) => node(`n${i}`, { allocatable: { pods: '8' } })))
      const placed: string[] = []
      let start = 0
      for (const [i, { request, leaves }] of steps.entries()) {
        const ports = request.port === null ? [] : [{ hostPort: request.port }]
        const info = podInfo(pod(`p${i}`, { requests: { cpu: `${request.cpu}m`, memory: `${request.memory}Mi` }, ports }))
        const outcome = schedule(info, cache, profile, random, start)
        if ('node' in outcome) {
          cache.assume(info, outcome.node.name)
          placed.push(info.uid)
        }
        start = (start + outcome.examined) % 50
        if (leaves === 0 && placed.length > 0) cache.removePod(placed.splice(Math.floor(random() * placed.length), 1)[0]!)
      }
      check(cache.nodes)
    }),
    { numRuns: 4 },
  )
})

function check(nodes: ReturnType<typeof cluster>['nodes']): void {
  for (const { allocatable, requested, pods, usedPorts } of nodes) {
    const sum = { milliCpu: 0, memory: 0 }
    for (const { requests } of pods.values()) {
      sum.milliCpu += requests.milliCpu
      sum.memory += requests.memory
    }
    assert.deepEqual({ milliCpu: requested.milliCpu, memory: requested.memory }, sum)
    assert.ok(sum.milliCpu <= allocatable.milliCpu && sum.memory <= allocatable.memory && pods.size <= 8)
    assert.ok([...usedPorts.values()].every((users) => users === 1))
  }
}
