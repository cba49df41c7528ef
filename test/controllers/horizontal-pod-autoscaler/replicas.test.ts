// Numbers of the autoscaler, apart from the controller: replicas for values, rates of policies, stabilization windows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limited, limitedWithBehavior } from '../../../controllers/horizontal-pod-autoscaler/limits.ts'
import { settledNotes } from '../../../controllers/horizontal-pod-autoscaler/notes.ts'
import {
  averageMeasure,
  dividedReplicas,
  perPodReplicas,
  sharedReplicas,
  utilizationMeasure,
} from '../../../controllers/horizontal-pod-autoscaler/replicas.ts'
import { stabilized, stabilizedWithBehavior } from '../../../controllers/horizontal-pod-autoscaler/stabilization.ts'
import type { PodValues } from '../../../controllers/horizontal-pod-autoscaler/values.ts'
import type { HPAScalingPolicy, HPAScalingRules } from '../../../openapi/types/autoscaling/v2.ts'

const tolerances = { scaleUp: 0.1, scaleDown: 0.1 }
const valuesOf = (amounts: readonly number[]): PodValues => new Map(amounts.map((value, i) => [`p${i}`, { value, at: 0, windowMs: 0 }]))
const named = (prefix: string, count: number) => new Set(Array.from({ length: count }, (_, i) => `${prefix}${i}`))

interface PerPod {
  name: string
  current: number
  /** Used by pods that count; each requests 1000. */
  used: number[]
  /** Percent wanted. */
  target: number
  missing?: number
  unready?: number
  want: number
}

const perPod: PerPod[] = [
  { name: 'scale up', current: 3, used: [300, 500, 700], target: 30, want: 5 },
  { name: 'scale down', current: 5, used: [100, 300, 500, 250, 250], target: 50, want: 3 },
  { name: 'within the tolerance', current: 3, used: [1010, 1030, 1020], target: 100, want: 3 },
  { name: 'above it', current: 3, used: [1110, 1110, 1120], target: 100, want: 4 },
  { name: 'unready pods count as idle when growing', current: 3, used: [500, 700], target: 30, unready: 1, want: 4 },
  { name: 'and may stop it', current: 3, used: [400], target: 30, unready: 2, want: 3 },
  { name: 'unready pods say nothing when shrinking', current: 3, used: [100, 100], target: 50, unready: 1, want: 1 },
  { name: 'missing pods count as idle when growing', current: 2, used: [1000], target: 50, missing: 1, want: 2 },
  { name: 'missing pods count as fully used when shrinking', current: 4, used: [100, 100], target: 50, missing: 2, want: 4 },
  { name: 'and may only dampen', current: 8, used: [10, 10, 10, 10, 10, 10], target: 50, missing: 2, want: 4 },
  { name: 'a target above 100 % is what missing pods have', current: 4, used: [700, 700, 700], target: 150, missing: 1, want: 3 },
  { name: 'no turn: growing never shrinks', current: 9, used: [2000], target: 50, missing: 2, want: 9 },
]

for (const { name, current, used, target, missing = 0, unready = 0, want } of perPod) {
  test(`utilization: ${name}`, () => {
    const groups = { ready: used.length, missing: named('m', missing), unready: named('u', unready), ignored: new Set<string>() }
    const all = [...used.map((_, i) => `p${i}`), ...groups.missing, ...groups.unready]
    const measure = utilizationMeasure(new Map(all.map((pod) => [pod, 1000])), target)
    assert.equal(perPodReplicas(current, valuesOf(used), groups, tolerances, measure), want)
  })
}

test('average: missing pods count as on target when shrinking', () => {
  const groups = { ready: 2, missing: named('m', 2), unready: new Set<string>(), ignored: new Set<string>() }
  assert.equal(perPodReplicas(4, valuesOf([100, 100]), groups, tolerances, averageMeasure(1000)), 3)
})

test('no pod in common is an error', () => {
  const groups = { ready: 1, missing: new Set<string>(), unready: new Set<string>(), ignored: new Set<string>() }
  const measure = utilizationMeasure(new Map([['other', 1000]]), 50)
  assert.throws(() => perPodReplicas(1, valuesOf([100]), groups, tolerances, measure), /^Error: no metrics returned matched known pods$/)
})

test('one value for all pods', () => {
  assert.equal(
    sharedReplicas(3, 1.05, () => 2, tolerances),
    3,
  )
  assert.equal(
    sharedReplicas(3, 2, () => 2, tolerances),
    4,
  )
  assert.equal(
    sharedReplicas(0, 2.5, () => 0, tolerances),
    3,
  )
  assert.equal(
    sharedReplicas(1, 1e12, () => 3, tolerances),
    2 ** 31 - 1,
  )
  assert.deepEqual(dividedReplicas(3, 1000, 100, tolerances), { replicas: 10, average: 334 })
  assert.deepEqual(dividedReplicas(3, 310, 100, tolerances), { replicas: 3, average: 104 })
  assert.deepEqual(dividedReplicas(0, 310, 100, tolerances), { replicas: 4, average: 310 })
})

test('without behavior: at most doubled, or four; minimum and maximum', () => {
  const cases: [number, number, number, string][] = [
    [1, 9, 4, 'ScaleUpLimit'],
    [3, 9, 6, 'ScaleUpLimit'],
    [6, 20, 10, 'TooManyReplicas'],
    [5, 1, 2, 'TooFewReplicas'],
    [5, 3, 3, 'DesiredWithinRange'],
  ]
  for (const [current, desired, replicas, reason] of cases) {
    const got = limited(current, desired, { min: 2, max: 10 })
    assert.deepEqual([got.replicas, got.reason], [replicas, reason], `${current} → ${desired}`)
  }
})

const policy = (type: string, value: number, periodSeconds = 60): HPAScalingPolicy => ({ type, value, periodSeconds })
const now = 1_000_000

interface Rate {
  name: string
  current: number
  desired: number
  up?: HPAScalingRules
  down?: HPAScalingRules
  /** Replicas added (or removed) so many seconds ago. */
  ups?: [number, number][]
  downs?: [number, number][]
  want: [number, string]
}

const rates: Rate[] = [
  { name: 'pods', current: 3, desired: 50, up: { policies: [policy('Pods', 4)] }, want: [7, 'ScaleUpLimit'] },
  { name: 'percent, rounded up', current: 3, desired: 50, up: { policies: [policy('Percent', 10)] }, want: [4, 'ScaleUpLimit'] },
  {
    name: 'Max takes the greatest change',
    current: 3,
    desired: 50,
    up: { selectPolicy: 'Max', policies: [policy('Pods', 4), policy('Percent', 200)] },
    want: [9, 'ScaleUpLimit'],
  },
  {
    name: 'Min takes the least',
    current: 3,
    desired: 50,
    up: { selectPolicy: 'Min', policies: [policy('Pods', 4), policy('Percent', 200)] },
    want: [7, 'ScaleUpLimit'],
  },
  { name: 'Disabled', current: 3, desired: 50, up: { selectPolicy: 'Disabled', policies: [policy('Pods', 4)] }, want: [3, 'ScaleUpLimit'] },
  { name: 'the maximum', current: 90, desired: 120, up: { policies: [policy('Pods', 40)] }, want: [100, 'TooManyReplicas'] },
  {
    name: 'what was added counts',
    current: 5,
    desired: 50,
    up: { policies: [policy('Pods', 4)] },
    ups: [[2, 59]],
    want: [7, 'ScaleUpLimit'],
  },
  { name: 'but not for longer', current: 5, desired: 50, up: { policies: [policy('Pods', 4)] }, ups: [[2, 60]], want: [9, 'ScaleUpLimit'] },
  {
    name: 'more than allowed was added: no change',
    current: 9,
    desired: 50,
    up: { policies: [policy('Pods', 1)] },
    ups: [[8, 5]],
    want: [9, 'ScaleUpLimit'],
  },
  {
    name: 'what was removed comes back',
    current: 5,
    desired: 50,
    up: { policies: [policy('Pods', 4)] },
    downs: [[3, 5]],
    want: [12, 'ScaleUpLimit'],
  },
  { name: 'down by pods', current: 10, desired: 1, down: { policies: [policy('Pods', 3)] }, want: [7, 'ScaleDownLimit'] },
  {
    name: 'down by percent, rounded down',
    current: 5,
    desired: 2,
    down: { policies: [policy('Percent', 50)] },
    want: [2, 'DesiredWithinRange'],
  },
  {
    name: 'down, Min takes the least change',
    current: 10,
    desired: 1,
    down: { selectPolicy: 'Min', policies: [policy('Pods', 3), policy('Percent', 50)] },
    want: [7, 'ScaleDownLimit'],
  },
  { name: 'the minimum', current: 3, desired: 0, down: { policies: [policy('Percent', 100)] }, want: [1, 'TooFewReplicas'] },
]

for (const { name, current, desired, up, down, ups = [], downs = [], want } of rates) {
  test(`policies: ${name}`, () => {
    const events = (list: [number, number][]) => list.map(([change, seconds]) => ({ change, at: now - seconds * 1000 }))
    const history = { scaleUps: events(ups), scaleDowns: events(downs) }
    const got = limitedWithBehavior(current, desired, { min: 1, max: 100 }, { scaleUp: up, scaleDown: down }, history, now)
    assert.deepEqual([got.replicas, got.reason], want)
  })
}

test('stabilization: the highest of the window; older ones are dropped', () => {
  const known = [
    { replicas: 9, at: now - 300_001 },
    { replicas: 5, at: now - 300_000 },
    { replicas: 3, at: now - 1000 },
  ]
  const got = stabilized(2, known, 300_000, now)
  assert.equal(got.replicas, 5)
  assert.deepEqual(
    got.recommendations.map(({ replicas }) => replicas),
    [5, 3, 2],
  )
})

test('stabilization with windows both ways', () => {
  const known = [
    { replicas: 2, at: now - 50_000 },
    { replicas: 8, at: now - 20_000 },
  ]
  const cases: [number, number, number, number, number][] = [
    // current, desired, window up, window down, want
    [4, 10, 60_000, 300_000, 4],
    [4, 10, 30_000, 300_000, 8],
    [4, 10, 0, 0, 10],
    [10, 1, 0, 60_000, 8],
    [10, 1, 0, 10_000, 1],
    [5, 1, 0, 60_000, 5],
  ]
  for (const [current, desired, upMs, downMs, want] of cases) {
    assert.equal(stabilizedWithBehavior(current, desired, known, { upMs, downMs }, now).replicas, want, `${current} → ${desired}`)
  }
})

test('a change of size counts once it has happened', () => {
  const behavior = { scaleUp: { policies: [policy('Pods', 4, 100)] }, scaleDown: { policies: [policy('Pods', 4, 10)] } }
  const rescale = { from: 2, to: 5, at: now }
  const scaleUps = [
    { change: 7, at: now - 200_000 },
    { change: 1, at: now - 50_000 },
  ]
  assert.deepEqual(settledNotes({ rescale, scaleUps }, 2, behavior), { scaleUps })
  assert.deepEqual(settledNotes({ rescale, scaleUps }, 5, behavior), { scaleUps: [scaleUps[1], { change: 3, at: now }] })
  assert.deepEqual(settledNotes({ rescale: { from: 5, to: 2, at: now } }, 3, behavior), { scaleDowns: [{ change: 3, at: now }] })
  assert.deepEqual(settledNotes({ rescale }, 5, undefined), {})
})
