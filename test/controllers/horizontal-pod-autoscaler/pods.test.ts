// Which pods count for an autoscaler, what they request, and what metrics APIs say of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podGroups, readyPodCount, requestsOf } from '../../../controllers/horizontal-pod-autoscaler/pods.ts'
import { selectedPods } from '../../../controllers/horizontal-pod-autoscaler/selection.ts'
import {
  containerResourceValues,
  customValues,
  externalTotal,
  podResourceValues,
} from '../../../controllers/horizontal-pod-autoscaler/values.ts'
import type { Pod as PodObject } from '../../../openapi/types/core/v1.ts'
import type { PodMetrics } from '../../../openapi/types/metrics/v1beta1.ts'
import { Pod } from '../../../src/api/core/pod/index.ts'
import { ObjectCache } from '../../../src/client/informer.ts'

const now = Date.parse('2026-01-01T01:00:00Z')
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString()
const readiness = { cpuInitializationPeriodMs: 120_000, initialReadinessDelayMs: 10_000 }

interface Case {
  name: string
  resource?: string
  phase?: string
  /** Status of the condition Ready, and seconds since it is so. */
  ready?: [string, number]
  startedAgo?: number
  going?: boolean
  /** Seconds since the value was measured, over ten seconds. */
  measuredAgo?: number
  want: 'ready' | 'unready' | 'missing' | 'ignored'
}

const cases: Case[] = [
  { name: 'old and ready', ready: ['True', 3000], startedAgo: 3600, measuredAgo: 5, want: 'ready' },
  { name: 'without value', ready: ['True', 3000], startedAgo: 3600, want: 'missing' },
  { name: 'pending, even with a value', phase: 'Pending', measuredAgo: 5, want: 'unready' },
  { name: 'failed', phase: 'Failed', ready: ['True', 3000], startedAgo: 3600, measuredAgo: 5, want: 'ignored' },
  { name: 'being deleted', ready: ['True', 3000], startedAgo: 3600, measuredAgo: 5, going: true, want: 'ignored' },
  { name: 'no condition', startedAgo: 3600, measuredAgo: 5, want: 'unready' },
  { name: 'no start', ready: ['True', 3000], measuredAgo: 5, want: 'unready' },
  { name: 'young and ready, measured since', ready: ['True', 20], startedAgo: 60, measuredAgo: 5, want: 'ready' },
  { name: 'young and ready, measured partly before', ready: ['True', 14], startedAgo: 60, measuredAgo: 5, want: 'unready' },
  { name: 'young and unready', ready: ['False', 50], startedAgo: 60, measuredAgo: 5, want: 'unready' },
  { name: 'old, unready from the start', ready: ['False', 3595], startedAgo: 3600, measuredAgo: 5, want: 'unready' },
  { name: 'old, unready later', ready: ['False', 60], startedAgo: 3600, measuredAgo: 5, want: 'ready' },
  { name: 'young and unready: memory counts', resource: 'memory', ready: ['False', 50], startedAgo: 60, measuredAgo: 5, want: 'ready' },
]

for (const { name, resource = 'cpu', phase = 'Running', ready, startedAgo, going, measuredAgo, want } of cases) {
  test(`a pod ${name} is ${want}`, () => {
    const pod: PodObject = {
      metadata: { name: 'p', ...(going ? { deletionTimestamp: ago(1) } : {}) },
      status: {
        phase,
        ...(startedAgo === undefined ? {} : { startTime: ago(startedAgo) }),
        conditions: ready === undefined ? [] : [{ type: 'Ready', status: ready[0], lastTransitionTime: ago(ready[1]) }],
      },
    }
    const values = new Map(measuredAgo === undefined ? [] : [['p', { value: 1, at: now - measuredAgo * 1000, windowMs: 10_000 }]])
    const groups = podGroups([pod], values, resource, readiness, now)
    const found = (['unready', 'missing', 'ignored'] as const).filter((group) => groups[group].has('p'))
    assert.deepEqual([...found, ...(groups.ready === 1 ? ['ready'] : [])], [want])
  })
}

test('ready pods run and are ready', () => {
  const pod = (phase: string, status: string): PodObject => ({ status: { phase, conditions: [{ type: 'Ready', status }] } })
  assert.equal(readyPodCount([pod('Running', 'True'), pod('Running', 'False'), pod('Succeeded', 'True'), {}]), 1)
})

test('requests: containers and sidecars, of one container, or of the pod', () => {
  const container = (name: string, cpu?: string, more = {}) => ({
    name,
    image: 'i',
    ...(cpu === undefined ? {} : { resources: { requests: { cpu } } }),
    ...more,
  })
  const initContainers = [container('once', '9'), container('side', '50m', { restartPolicy: 'Always' })]
  const pod = (spec: Partial<NonNullable<PodObject['spec']>>): PodObject => ({ metadata: { name: 'p' }, spec: { containers: [], ...spec } })
  const two = pod({ containers: [container('a', '100m'), container('b', '1')], initContainers })
  assert.deepEqual([...requestsOf([two], 'cpu')], [['p', 1150]])
  assert.deepEqual([...requestsOf([two], 'cpu', 'b')], [['p', 1000]])
  const own = pod({ containers: [container('a')], resources: { requests: { cpu: '2' } } })
  assert.deepEqual([...requestsOf([own], 'cpu')], [['p', 2000]])
  assert.throws(() => requestsOf([own], 'memory'), /^Error: missing pod-level request for memory in Pod p$/)
  assert.throws(() => requestsOf([two], 'cpu', 'c'), /^Error: container c not found in Pod p$/)
  assert.throws(
    () => requestsOf([pod({ containers: [container('a')] })], 'cpu'),
    /^Error: missing request for cpu in container a of Pod p$/,
  )
  // names of resources are a user's
  assert.throws(() => requestsOf([two], '__proto__'), /missing request for __proto__/)
})

const measured = (name: string, ...usages: Record<string, string>[]): PodMetrics => ({
  metadata: { namespace: 'ns', name },
  timestamp: '2026-01-01T00:59:50Z',
  window: '15.5s',
  containers: usages.map((usage, i) => ({ name: `c${i}`, usage })),
})

test('values of pods: all containers, or the pod has none', () => {
  const items = [measured('a', { cpu: '100m' }, { cpu: '1500u' }), measured('b', { cpu: '1' }, { memory: '1Gi' }), measured('c')]
  assert.deepEqual([...podResourceValues(items, 'cpu')], [['a', { value: 102, at: now - 10_000, windowMs: 15_500 }]])
})

test('values of one container', () => {
  const items = [measured('a', { cpu: '100m' }, { cpu: '2' }), measured('b', { cpu: '1' }, { memory: '1Gi' })]
  assert.deepEqual([...containerResourceValues(items, 'cpu', 'c1').keys()], ['a'])
  assert.throws(
    () => containerResourceValues([...items, measured('d', {})], 'cpu', 'c1'),
    /^Error: container c1 not present in metrics for pod ns\/d$/,
  )
})

test('custom values: a minute without a window; external values: all together', () => {
  const items = [
    { describedObject: { name: 'a' }, timestamp: '2026-01-01T00:59:50Z', value: '1500m' },
    { describedObject: { name: 'b' }, timestamp: '2026-01-01T00:59:50Z', value: '2k', windowSeconds: 5 },
  ]
  assert.deepEqual(
    [...customValues(items)],
    [
      ['a', { value: 1500, at: now - 10_000, windowMs: 60_000 }],
      ['b', { value: 2_000_000, at: now - 10_000, windowMs: 5000 }],
    ],
  )
  assert.equal(externalTotal([{ value: '1' }, { value: '250m' }, {}]), 1250)
  assert.equal(externalTotal([{ value: '9E' }, { value: '9E' }]), 2 ** 63)
})

test('selected pods: of the own namespace; shared with another autoscaler they are ambiguous', () => {
  const pods = new ObjectCache<PodObject>(Pod)
  const pod = (namespace: string, name: string, app: string) => ({ metadata: { namespace, name, labels: { app } } })
  pods.replace([pod('ns', 'a', 'web'), pod('ns', 'b', 'db'), pod('other', 'c', 'web')], '1')
  const select = (text: string | undefined, others: Record<string, string>) => {
    const found = selectedPods('ns', text, pods, new Map(Object.entries(others)))
    return 'error' in found ? found.error : found.pods.map(({ metadata }) => metadata?.name)
  }
  assert.deepEqual(select('app=web', { own: 'app=web', db: 'app=db' }), ['a'])
  assert.equal(
    select('app=web', { own: 'app=web', all: 'app', broken: 'a=(' }),
    'pods by selector app=web are controlled by multiple HPAs: [ns/all ns/own]',
  )
  // nobody has no pods
  assert.deepEqual(select('app=none', { own: 'app=none', twin: 'app=none' }), [])
  assert.equal(select(undefined, {}), 'selector is required')
})
