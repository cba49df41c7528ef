// The order of the queue, its backoff, and what brings pods back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../openapi/types/core/v1.ts'
import { podInfo } from '../../src/scheduler/pod-info.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'
import { SchedulingQueue } from '../../src/scheduler/queue.ts'
import { node, pod, virtualClock } from './objects.ts'

const profile = defaultProfile()

function setup() {
  const clock = virtualClock()
  let woken = 0
  const queue = new SchedulingQueue({ clock, preEnqueue: () => profile.preEnqueue, plugins: () => profile.all, onReady: () => woken++ })
  const add = (given: Pod) => queue.add(podInfo(given))
  const names = () => {
    const found: string[] = []
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) found.push(item.uid)
    return found
  }
  return { clock, queue, add, names, woken: () => woken }
}

const fit = new Set(['NodeResourcesFit'])
const nodeAdd = { object: node('n1') }

test('priority first, then order of arrival', () => {
  const { add, names } = setup()
  for (const [name, priority] of [
    ['a', 0],
    ['b', 10],
    ['c', 0],
    ['d', 10],
  ] as const)
    add(pod(name, { priority }))
  assert.deepEqual(names(), ['b', 'd', 'a', 'c'])
})

test('a rejected pod waits for an event its plugin cares about', () => {
  const { queue, add, names } = setup()
  add(pod('a', { requests: { cpu: '1' } }))
  queue.unschedulable(queue.pop()!, fit)
  queue.onEvent('NodeTaint', nodeAdd)
  assert.deepEqual(queue.depth, { active: 0, backoff: 0, unschedulable: 1 })
  queue.onEvent('NodeAdd', nodeAdd)
  assert.deepEqual(queue.depth, { active: 0, backoff: 1, unschedulable: 0 })
  assert.deepEqual(names(), ['a'], 'with nothing else to do, its backoff is not waited for')
})

test('a node on which the pod cannot fit does not bring it back', () => {
  const { queue, add } = setup()
  add(pod('a', { requests: { cpu: '64' } }))
  queue.unschedulable(queue.pop()!, fit)
  queue.onEvent('NodeAdd', nodeAdd)
  assert.equal(queue.depth.unschedulable, 1)
})

test('of several plugins that said no, any may bring the pod back, once', () => {
  const { queue, add, names } = setup()
  for (const name of ['a', 'b']) add(pod(name, { requests: { cpu: '1' } }))
  const [a, b] = [queue.pop()!, queue.pop()!]
  queue.unschedulable(a, new Set(['NodeResourcesFit', 'InterPodAffinity']))
  queue.unschedulable(b, fit)
  queue.onEvent('PodLabel', { previous: pod('a'), object: pod('a') })
  assert.deepEqual(queue.depth, { active: 0, backoff: 1, unschedulable: 1 })
  queue.onEvent('AssignedPodDelete', { previous: pod('c') })
  assert.deepEqual(names().sort(), ['a', 'b'])
})

test('what happens while a pod is being decided is not lost', () => {
  const { queue, add } = setup()
  add(pod('a', { requests: { cpu: '1' } }))
  const item = queue.pop()!
  queue.onEvent('NodeAdd', nodeAdd)
  queue.unschedulable(item, fit)
  assert.deepEqual(queue.depth, { active: 0, backoff: 1, unschedulable: 0 })
})

test('events from before a decision, or of no use, do not bring a pod back', () => {
  const { queue, add } = setup()
  add(pod('a', { requests: { cpu: '1' } }))
  queue.onEvent('NodeAdd', nodeAdd)
  const item = queue.pop()!
  queue.onEvent('NodeTaint', nodeAdd)
  queue.unschedulable(item, fit)
  assert.deepEqual(queue.depth, { active: 0, backoff: 0, unschedulable: 1 })
})

test('with too many events during a decision the pod is just tried again', () => {
  const { queue, add } = setup()
  add(pod('a', { requests: { cpu: '1' } }))
  const item = queue.pop()!
  for (let i = 0; i < 300; i++) queue.onEvent('NodeTaint', nodeAdd)
  queue.unschedulable(item, fit)
  assert.equal(queue.depth.backoff, 1)
})

test('after five minutes every pod is tried again', () => {
  const { clock, queue, add, names } = setup()
  add(pod('a'))
  queue.unschedulable(queue.pop()!, fit)
  clock.advance(299_000)
  assert.deepEqual(names(), [])
  clock.advance(61_000)
  assert.deepEqual(names(), ['a'])
})

test('errors back off: 1 s, 2 s, 4 s … 10 s', () => {
  const { clock, queue, add } = setup()
  add(pod('a'))
  const waits: number[] = []
  for (let attempt = 0; attempt < 6; attempt++) {
    const item = queue.pop()!
    queue.failed(item)
    waits.push(item.readyAt - clock.now())
    assert.equal(queue.pop(), undefined)
    clock.advance(item.readyAt - clock.now())
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 10_000, 10_000])
})

test('the end of a backoff wakes the loop', () => {
  const { clock, queue, add, woken } = setup()
  add(pod('a'))
  queue.failed(queue.pop()!)
  const before = woken()
  clock.advance(999)
  assert.equal(woken(), before)
  clock.advance(1)
  assert.equal(woken(), before + 1)
})

test('a gated pod enters when its gates are gone', () => {
  const { queue, add, names } = setup()
  const gated = pod('a', { schedulingGates: [{ name: 'wait' }] })
  add(gated)
  assert.deepEqual(names(), [])
  queue.onEvent('NodeAdd', nodeAdd)
  assert.deepEqual(names(), [])
  const free = pod('a')
  queue.update(podInfo(free), { previous: gated, object: free }, ['PodGatesEliminated'])
  assert.deepEqual(names(), ['a'])
})

test('an update of status alone does not bring a pod back', () => {
  const { queue, add } = setup()
  add(pod('a'))
  queue.unschedulable(queue.pop()!, new Set())
  queue.update(podInfo(pod('a')), {}, [])
  assert.equal(queue.depth.unschedulable, 1)
})

test('a removed pod is gone wherever it was', () => {
  const { queue, add, names } = setup()
  add(pod('a'))
  add(pod('b'))
  const item = queue.pop()!
  queue.remove('a')
  queue.remove('b')
  queue.failed(item)
  assert.deepEqual(names(), [])
  assert.deepEqual(queue.depth, { active: 0, backoff: 0, unschedulable: 0 })
})
