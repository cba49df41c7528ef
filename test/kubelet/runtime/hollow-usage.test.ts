// What simulated containers use: annotations, else a part of the requests; the CPU counter never falls.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countedCpu, declaredUsage } from '../../../src/kubelet/runtime/hollow-usage.ts'

const requests = { cpu: '500m', memory: '1Gi' }
const cases = [
  { name: 'nothing said', given: {}, want: [1_000_000, 8 << 20] },
  { name: 'requests', given: { requests }, want: [50_000_000, 2 ** 29] },
  { name: 'declared', given: { requests, annotations: { 'cpu-usage': '2', 'memory-usage': '10Mi' } }, want: [2e9, 10 << 20] },
  { name: 'for this container', given: { annotations: { 'cpu-usage': '2', 'cpu-usage.c': '5m' } }, want: [5e6, 8 << 20] },
  { name: 'zero', given: { requests, annotations: { 'cpu-usage': '0' } }, want: [0, 2 ** 29] },
  { name: 'no quantity', given: { annotations: { 'cpu-usage': 'much', 'memory-usage': '-5' } }, want: [1_000_000, 8 << 20] },
]

test('declared usage', () => {
  for (const { name, given, want } of cases) {
    const { annotations = {}, requests: asked } = given as { annotations?: Record<string, string>; requests?: Record<string, string> }
    const named = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`hollow.k8ts.io/${key}`, value]))
    const container = { name: 'c', ...(asked === undefined ? {} : { resources: { requests: asked } }) }
    const { cpuNanoCores, memoryBytes } = declaredUsage({ metadata: { annotations: named } }, container)
    assert.deepEqual([cpuNanoCores, memoryBytes], want, name)
  }
})

test('CPU time counts on at the rate of the last look', () => {
  const first = countedCpu(undefined, 1000, 1e9, 3000)
  assert.equal(first.nanoSeconds, 2e9)
  const second = countedCpu(first, 1000, 0, 4000)
  assert.equal(second.nanoSeconds, 3e9)
  assert.equal(countedCpu(second, 1000, 5e9, 9000).nanoSeconds, 3e9)
})
