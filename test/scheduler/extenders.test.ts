// Extenders: what they are asked, what their answers do, what their failures mean.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfiguration } from '../../src/scheduler/configuration.ts'
import type { Extender } from '../../src/scheduler/extender.ts'
import { pod } from './objects.ts'
import { settle, setup } from './pumping.ts'

type Answers = Record<string, (body: never) => unknown>
interface Names {
  Pod: { metadata: { name: string } }
  NodeNames: string[]
}

/** An extender that answers by verb; a verb without an answer is not configured. */
function extender(answers: Answers, rest: Partial<Extender> = {}): Extender {
  const verb = (name: string) => (Object.hasOwn(answers, name) ? name : '')
  return {
    urlPrefix: 'http://extender/',
    filterVerb: verb('filter'),
    prioritizeVerb: verb('prioritize'),
    preemptVerb: verb('preempt'),
    bindVerb: verb('bind'),
    weight: 1,
    nodeCacheCapable: true,
    managedResources: [],
    ignorable: false,
    send: async (url, body) => structuredClone(answers[url.replace('http://extender/', '')]!(structuredClone(body) as never)),
    ...rest,
  }
}

const broken: Answers = {
  filter: () => {
    throw new Error('failed filter with extender at URL http://extender/filter, code 500')
  },
}
const onlyN2: Answers = {
  filter: ({ NodeNames }: Names) => ({ NodeNames: NodeNames.filter((name) => name === 'n2'), FailedNodes: { n1: 'no license' } }),
}
const none: Answers = {
  filter: () => ({ NodeNames: [], FailedNodes: { n1: 'no license' }, FailedAndUnresolvableNodes: { n2: 'no rack' } }),
}
const objects: Answers = {
  filter: ({ Nodes, NodeNames }: { Nodes: { items: unknown[] }; NodeNames: null }) => ({
    Nodes: { items: Nodes.items.slice(-1) },
    NodeNames,
  }),
}
const prefers = (name: string): Answers => ({
  prioritize: ({ NodeNames }: Names) => NodeNames.map((Host) => ({ Host, Score: Host === name ? 10 : 0 })),
})
const gpu = { managedResources: [{ name: 'example.com/gpu', ignoredByScheduler: false }] }

const cases: { name: string; extenders: Extender[]; want: string[] }[] = [
  { name: 'it filters by name', extenders: [extender(onlyN2)], want: ['binding a n2'] },
  { name: 'it filters objects', extenders: [extender(objects, { nodeCacheCapable: false })], want: ['binding a n2'] },
  { name: 'it prefers', extenders: [extender(prefers('n2'))], want: ['binding a n2'] },
  {
    name: 'weights decide between two',
    extenders: [extender(prefers('n1'), { weight: 2 }), extender(prefers('n2'), { weight: 3 })],
    want: ['binding a n2'],
  },
  { name: 'it refuses all', extenders: [extender(none)], want: ['status a Unschedulable'] },
  { name: 'it fails', extenders: [extender(broken)], want: ['status a SchedulerError'] },
  { name: 'it fails and may be ignored', extenders: [extender(broken, { ignorable: true }), extender(onlyN2)], want: ['binding a n2'] },
  { name: 'it has no say about this pod', extenders: [extender(broken, gpu)], want: ['binding a n2'] },
  {
    name: 'it names a node that it was not given',
    extenders: [extender({ filter: () => ({ NodeNames: ['n9'] }) })],
    want: ['status a SchedulerError'],
  },
  { name: 'it says what is wrong', extenders: [extender({ filter: () => ({ Error: 'no database' }) })], want: ['status a SchedulerError'] },
  { name: 'it binds', extenders: [extender({ bind: () => ({ Error: '' }) })], want: [] },
  {
    name: 'it fails to bind and may be ignored',
    extenders: [extender({ bind: () => ({ Error: 'not now' }) }, { ignorable: true })],
    want: ['binding a n2'],
  },
  { name: 'it fails to bind', extenders: [extender({ bind: () => ({ Error: 'not now' }) })], want: ['status a SchedulerError'] },
]

for (const { name, extenders, want } of cases) {
  test(name, async () => {
    const { addNode, setPod, calls } = setup(undefined, extenders)
    addNode('n1')
    addNode('n2')
    setPod(pod('a'))
    for (let i = 0; i < 4; i++) await settle()
    assert.deepEqual(calls, want)
  })
}

test('what an extender says of nodes is what users read', async () => {
  const { addNode, setPod, said } = setup(undefined, [extender(none)])
  addNode('n1')
  addNode('n2')
  setPod(pod('a'))
  for (let i = 0; i < 4; i++) await settle()
  assert.deepEqual(said, [
    'a Warning FailedScheduling: 0/2 nodes are available: 1 no license, 1 no rack. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
  ])
})

test('a pod that an extender refused is tried again after any event', async () => {
  let open = false
  const moody = extender({ filter: ({ NodeNames }: Names) => ({ NodeNames: open ? NodeNames : [] }) })
  const { addNode, setPod, calls, clock } = setup(undefined, [moody])
  addNode('n1')
  setPod(pod('a'))
  for (let i = 0; i < 4; i++) await settle()
  assert.deepEqual(calls, ['status a Unschedulable'])
  open = true
  clock.advance(2000)
  addNode('n2')
  for (let i = 0; i < 4; i++) await settle()
  assert.equal(calls.length, 2)
  assert.match(calls[1]!, /^binding a n/)
})

test('pods are decided one after the other while an extender is asked', async () => {
  const asked: string[] = []
  const slow = extender({
    filter: ({ Pod, NodeNames }: Names) => {
      asked.push(Pod.metadata.name)
      return { NodeNames }
    },
  })
  const { addNode, setPod, calls } = setup(undefined, [slow])
  addNode('n1')
  setPod(pod('a', { requests: { cpu: '3' } }))
  setPod(pod('b', { requests: { cpu: '3' } }))
  for (let i = 0; i < 8; i++) await settle()
  assert.deepEqual(asked, ['a'], 'b does not get past the filters: a is counted already')
  assert.deepEqual(calls, ['binding a n1', 'status b Unschedulable'])
})

for (const [name, answers, want] of [
  ['it strikes a node out', { preempt: () => ({ NodeNameToMetaVictims: { n2: { Pods: [{ UID: 'low2' }] } } }) }, ['a on n2: low2']],
  ['it leaves none', { preempt: () => ({ NodeNameToMetaVictims: {} }) }, []],
  ['it names a pod that is not there', { preempt: () => ({ NodeNameToMetaVictims: { n2: { Pods: [{ UID: 'x' }] } } }) }, []],
] as [string, Answers, string[]][]) {
  test(`preemption: ${name}`, async () => {
    const { addNode, setPod, evicted } = setup(undefined, [extender(answers)])
    for (const [i, host] of ['n1', 'n2'].entries()) {
      addNode(host)
      const low = pod(`low${i + 1}`, { requests: { cpu: '4' } })
      setPod({ ...low, spec: { ...low.spec!, nodeName: host } })
    }
    setPod(pod('a', { requests: { cpu: '4' }, priority: 10 }))
    for (let i = 0; i < 8; i++) await settle()
    assert.deepEqual(evicted, want)
  })
}

const file = (extenders: object[]) => ({
  apiVersion: 'kubescheduler.config.k8s.io/v1',
  kind: 'KubeSchedulerConfiguration',
  extenders,
})

test('the configuration: those that may be ignored come last, resources they manage are not counted', () => {
  const { extenders, profiles } = readConfiguration(
    file([
      { urlPrefix: 'http://a', ignorable: true },
      { urlPrefix: 'http://b', managedResources: [{ name: 'example.com/gpu', ignoredByScheduler: true }], httpTimeout: '2s' },
    ]),
  )
  assert.deepEqual(
    extenders.map(({ urlPrefix }) => urlPrefix),
    ['http://b', 'http://a'],
  )
  assert.ok(profiles[0]?.all.has('NodeResourcesFit'))
})

for (const [name, extenders, want] of [
  [
    'no weight',
    [{ urlPrefix: 'http://a', prioritizeVerb: 'p' }],
    /extenders\[0\]\.weight: Invalid value: 0: must have a positive weight applied to it/,
  ],
  [
    'two binders',
    [
      { urlPrefix: 'http://a', bindVerb: 'b' },
      { urlPrefix: 'http://b', bindVerb: 'b' },
    ],
    /found 2 extenders implementing bind/,
  ],
  ['a resource of Kubernetes', [{ urlPrefix: 'http://a', managedResources: [{ name: 'cpu' }] }], /is an invalid extended resource name/],
  [
    'a resource managed twice',
    [1, 2].map(() => ({ urlPrefix: 'http://a', managedResources: [{ name: 'example.com/gpu' }] })),
    /duplicate extender managed resource name/,
  ],
] as [string, object[], RegExp][]) {
  test(`refused: ${name}`, () => assert.throws(() => readConfiguration(file(extenders)), want))
}
