// The rules of a simulation find what they are for: one broken change each, and a good one beside it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unmet } from './desired.ts'
import { invariants, type Memory } from './invariants.ts'
import { kinds } from './workloads.ts'
import { type Stored, World } from './world.ts'

const owner = (kind: string, uid: string) => ({ ownerReferences: [{ apiVersion: 'v1', kind, name: 'x', uid, controller: true }] })
const pod = (uid: string, more: { meta?: object; spec?: object; status?: object } = {}): Stored =>
  ({
    kind: 'Pod',
    metadata: { namespace: 'sim', name: uid, uid, ...more.meta },
    spec: { nodeName: 'n1', ...more.spec },
    status: { phase: 'Running', containerStatuses: [{ restartCount: 1, state: { running: {} } }], ...more.status },
  }) as unknown as Stored
const ready = { conditions: [{ type: 'Ready', status: 'True' }] }
const job = (spec: object, status: object = {}) =>
  ({ kind: 'Job', metadata: { namespace: 'sim', name: 'x', uid: 'j' }, spec, status }) as Stored
const set = (uid: string, replicas: number, annotations: Record<string, string>) =>
  ({
    kind: 'ReplicaSet',
    metadata: { namespace: 'sim', name: uid, uid, annotations, ...owner('Deployment', 'd') },
    spec: { replicas },
  }) as unknown as Stored
const max = (count: number) => ({
  'deployment.kubernetes.io/max-replicas': String(count),
  'deployment.kubernetes.io/desired-replicas': '2',
})
const rolling = {
  kind: 'Deployment',
  metadata: { uid: 'd' },
  spec: { replicas: 2, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
} as Stored
const ordered = {
  kind: 'StatefulSet',
  metadata: { namespace: 'sim', name: 's', uid: 's' },
  spec: { podManagementPolicy: 'OrderedReady' },
} as Stored
const ofSet = (name: string, more: object = {}) => pod(name, { meta: { name, ...owner('StatefulSet', 's') }, ...more })
const ofJob = (uid: string, more: { meta?: object; status?: object } = {}) =>
  pod(uid, { ...more, meta: { ...owner('Job', 'j'), ...more.meta } })
const deletion = { deletionTimestamp: '2026-01-01T00:00:00Z' }

interface Case {
  rule: RegExp
  world?: Stored[]
  before?: Stored
  after?: Stored
  fault?: RegExp
}

const cases: Case[] = [
  { rule: /uid belongs/, before: pod('a'), after: pod('b', { meta: { name: 'a' } }), fault: /replaced in place/ },
  { rule: /deletion is not taken back/, before: pod('a', { meta: deletion }), after: pod('a'), fault: /went away/ },
  { rule: /bound once/, before: pod('a'), after: pod('a', { spec: { nodeName: 'n2' } }), fault: /n1 → n2/ },
  { rule: /bound once/, before: pod('a', { spec: { nodeName: undefined } }), after: pod('a') },
  { rule: /has ended stays/, before: pod('a', { status: { phase: 'Failed' } }), after: pod('a'), fault: /Failed → Running/ },
  { rule: /restarts/, before: pod('a'), after: pod('a', { status: { containerStatuses: [] } }), fault: /1 → 0/ },
  {
    rule: /share an address/,
    world: [pod('b', { status: { podIP: '1.1.1.1' } })],
    after: pod('a', { status: { podIP: '1.1.1.1' } }),
    fault: /also that of b/,
  },
  { rule: /share an address/, world: [pod('b', { status: { podIP: '1.1.1.2' } })], after: pod('a', { status: { podIP: '1.1.1.1' } }) },
  { rule: /goes only when/, before: pod('a'), fault: /may still run on n1/ },
  { rule: /goes only when/, before: pod('a', { spec: { nodeName: 'lost' } }) },
  { rule: /goes only when/, before: pod('a', { status: { phase: 'Succeeded' } }) },
  {
    rule: /surge beyond/,
    world: [set('old', 2, max(3))],
    before: set('new', 0, max(3)),
    after: set('new', 2, max(3)),
    fault: /4 replicas, 3 allowed/,
  },
  { rule: /surge beyond/, world: [set('old', 2, max(3))], before: set('new', 0, max(3)), after: set('new', 1, max(3)) },
  {
    rule: /below maxUnavailable/,
    world: [
      rolling,
      pod('a', { meta: owner('ReplicaSet', 'old'), status: ready }),
      pod('b', { meta: owner('ReplicaSet', 'old'), status: ready }),
    ],
    before: set('old', 2, max(3)),
    after: set('old', 1, max(3)),
    fault: /1 ready pods stay, 2 are needed/,
  },
  { rule: /makes no pod before/, world: [ordered, ofSet('s-0')], after: ofSet('s-1'), fault: /ordinal 0 is not ready/ },
  { rule: /makes no pod before/, world: [ordered, ofSet('s-0', { status: ready })], after: ofSet('s-1') },
  { rule: /runs no more pods/, world: [job({ parallelism: 1 }), ofJob('a')], after: ofJob('b'), fault: /2 are active, parallelism is 1/ },
  { rule: /runs no more pods/, world: [job({ parallelism: 1 }), ofJob('a', { meta: deletion })], after: ofJob('b') },
  {
    rule: /runs no more pods/,
    world: [job({ parallelism: 2, completions: 2 }, { succeeded: 2 })],
    after: ofJob('b'),
    fault: /2 have succeeded/,
  },
  {
    rule: /starts nothing/,
    world: [job({}, { conditions: [{ type: 'Complete', status: 'True' }] })],
    after: ofJob('a'),
    fault: /condition Complete/,
  },
  { rule: /counts every pod once/, before: job({}), after: job({}, { succeeded: 1 }), fault: /1 counted as succeeded, 0 have/ },
]

function worldOf(objects: readonly (Stored | undefined)[]): World {
  const world = new World(
    () => 0,
    () => {},
  )
  for (const object of objects) {
    if (object !== undefined) world.of(object.kind ?? '').set(`${object.metadata.namespace}/${object.metadata.name}`, object)
  }
  world.of('Node').set('n1', { kind: 'Node', metadata: { name: 'n1' } } as Stored)
  return world
}

for (const { rule, world = [], before, after, fault } of cases) {
  const found = invariants.find(({ name }) => rule.test(name))
  test(`${found?.name ?? rule}: ${fault === undefined ? 'holds' : `broken (${fault.source})`}`, () => {
    const memory: Memory = { undisturbed: true, ended: new Map(), forced: new Set(), uids: new Set() }
    const change = {
      kind: 'x',
      key: 'x',
      revision: 1,
      now: 0,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }
    const said = found?.fault(change, worldOf([...world, after]), memory)
    if (fault === undefined) assert.equal(said, undefined)
    else assert.match(said ?? '', fault)
  })
}

test('every rule has a case', () => {
  assert.deepEqual(
    invariants.filter(({ name }) => !cases.some(({ rule, fault }) => fault !== undefined && rule.test(name))).map(({ name }) => name),
    [],
  )
})

test('what is missing in the end is told', () => {
  const wanted = [{ kind: kinds['Deployment']!, name: 'web', spec: { replicas: 1 }, uid: 'd' }]
  assert.deepEqual(unmet(worldOf([]), wanted, []), ['Node n1: has no business here', 'Deployment web: is not there'])
  const lost = pod('a', { meta: owner('ReplicaSet', 'gone'), spec: { nodeName: 'lost' } })
  assert.deepEqual(unmet(worldOf([lost]), [], ['n1']), [
    'Pod a: has lost its owner',
    'Pod a: is on a node that is gone',
    'Node n1: is not ready',
  ])
})
