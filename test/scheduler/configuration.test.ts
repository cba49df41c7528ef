// Configuration files: which plugins take part where, with which weight; and what is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfiguration } from '../../src/scheduler/configuration.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'

const file = (rest: object) => ({ apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration', ...rest })
const names = (plugins: readonly { name: string }[]) => plugins.map(({ name }) => name)

test('an empty file is the default profile', () => {
  const [profile] = readConfiguration(file({})).profiles
  const usual = defaultProfile()
  assert.equal(profile?.schedulerName, 'default-scheduler')
  assert.deepEqual(names(profile?.filter ?? []), names(usual.filter))
  const weights = (list: typeof usual.score) => list.map(({ plugin, weight }) => [plugin.name, weight])
  assert.deepEqual(weights(profile?.score ?? []), weights(usual.score))
})

test('the default weights are those of upstream', () => {
  assert.deepEqual(Object.fromEntries(defaultProfile().score.map(({ plugin, weight }) => [plugin.name, weight])), {
    TaintToleration: 3,
    NodeAffinity: 2,
    NodeResourcesFit: 1,
    PodTopologySpread: 2,
    InterPodAffinity: 2,
    NodeResourcesBalancedAllocation: 1,
    ImageLocality: 1,
  })
})

test('plugins are switched off and weighed per point', () => {
  const { profiles } = readConfiguration(
    file({
      profiles: [
        { schedulerName: 'a', plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: 'ImageLocality', weight: 7 }] } } },
        {
          schedulerName: 'b',
          plugins: { multiPoint: { disabled: [{ name: 'NodePorts' }] }, filter: { disabled: [{ name: 'NodeName' }] } },
        },
      ],
    }),
  )
  assert.deepEqual(
    profiles[0]?.score.map(({ plugin, weight }) => [plugin.name, weight]),
    [['ImageLocality', 7]],
  )
  assert.deepEqual(names(profiles[0]?.filter ?? []), names(defaultProfile().filter))
  assert.ok(!names(profiles[1]?.filter ?? []).some((name) => name === 'NodePorts' || name === 'NodeName'))
})

test('plugins named at a point are asked first, in that order', () => {
  const [profile] = readConfiguration(
    file({
      profiles: [
        {
          plugins: {
            multiPoint: { disabled: [{ name: 'NodePorts' }] },
            filter: { enabled: [{ name: 'NodePorts' }, { name: 'NodeResourcesFit' }, { name: 'NodeName' }] },
          },
        },
      ],
    }),
  ).profiles
  const got = names(profile?.filter ?? [])
  assert.deepEqual(got.slice(0, 3), ['NodeResourcesFit', 'NodeName', 'NodeUnschedulable'])
  assert.equal(got.at(-1), 'NodePorts')
})

test('an empty multiPoint set takes the order of the file', () => {
  const enabled = [{ name: 'NodeName' }, { name: 'NodeUnschedulable' }, { name: 'PrioritySort' }, { name: 'DefaultBinder' }]
  const [profile] = readConfiguration(file({ profiles: [{ plugins: { multiPoint: { disabled: [{ name: '*' }], enabled } } }] })).profiles
  assert.deepEqual(names(profile?.filter ?? []), ['NodeName', 'NodeUnschedulable'])
})

test('volumes have the time to be bound that the file says', () => {
  const pluginConfig = [{ name: 'VolumeBinding', args: { bindTimeoutSeconds: 30 } }]
  assert.equal(readConfiguration(file({ profiles: [{ pluginConfig }] })).profiles[0]?.bindTimeoutMs, 30_000)
})

const args = (name: string, value: object) => file({ profiles: [{ pluginConfig: [{ name, args: value }] }] })
const at = 'profiles[0].pluginConfig[0].args'
const points = (...list: [number, number][]) => ({
  scoringStrategy: {
    type: 'RequestedToCapacityRatio',
    requestedToCapacityRatio: { shape: list.map(([utilization, score]) => ({ utilization, score })) },
  },
})
const spread = (...defaultConstraints: object[]) => ({ defaultingType: 'List', defaultConstraints })
const shapePath = `${at}.scoringStrategy.requestedToCapacityRatio.shape`
const constraint = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }
const version = '"kubescheduler.config.k8s.io/v1"'

/** Whole texts, as kube-scheduler prints them. */
const faults: { name: string; given: object; want: string }[] = [
  {
    name: 'parallelism',
    given: file({ parallelism: 0 }),
    want: 'parallelism: Invalid value: 0: should be an integer value greater than zero',
  },
  {
    name: 'a percentage of nodes',
    given: file({ percentageOfNodesToScore: 101 }),
    want: 'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
  },
  {
    name: 'a percentage of nodes in a profile',
    given: file({ profiles: [{ percentageOfNodesToScore: -1 }] }),
    want: 'profiles[0].percentageOfNodesToScore: Invalid value: -1: not in valid range [0-100]',
  },
  {
    name: 'backoffs, both at once',
    given: file({ podInitialBackoffSeconds: 0, podMaxBackoffSeconds: -1 }),
    want: '[podInitialBackoffSeconds: Invalid value: 0: must be greater than 0, podMaxBackoffSeconds: Invalid value: -1: must be greater than or equal to PodInitialBackoffSeconds]',
  },
  {
    name: 'a profile without a name',
    given: file({ profiles: [{ schedulerName: '' }] }),
    want: 'profiles[0].schedulerName: Required value',
  },
  {
    name: 'two profiles of one name',
    given: file({ profiles: [{}, {}] }),
    want: 'profiles[1].schedulerName: Duplicate value: profiles[0].schedulerName',
  },
  {
    name: 'a plugin of former times',
    given: file({ profiles: [{ plugins: { filter: { enabled: [{ name: 'EBSLimits' }] } } }] }),
    want: `profiles[0].plugins.filter.enabled[0]: Invalid value: "EBSLimits": was invalid in version ${version} (KubeSchedulerConfiguration is version ${version})`,
  },
  {
    name: 'queues sorted differently',
    given: file({ profiles: [{}, { schedulerName: 'b', plugins: { queueSort: { enabled: [{ name: 'PrioritySort' }] } } }] }),
    want: 'profiles[1].plugins.queueSort: Invalid value: config.PluginSet{Enabled:[]config.Plugin{config.Plugin{Name:"PrioritySort", Weight:0}}, Disabled:[]config.Plugin(nil)}: must be the same for all profiles',
  },
  {
    name: 'nobody sorts the queue',
    given: file({ profiles: [{ plugins: { queueSort: { disabled: [{ name: '*' }] } } }] }),
    want: 'initializing profiles: creating profile for scheduler name default-scheduler: one queue sort plugin required for profile with scheduler name "default-scheduler", but got 0',
  },
  {
    name: 'nobody binds',
    given: file({ profiles: [{ schedulerName: 'x', plugins: { bind: { disabled: [{ name: 'DefaultBinder' }] } } }] }),
    want: 'initializing profiles: creating profile for scheduler name x: at least one bind plugin is needed for profile with scheduler name "x"',
  },
  {
    name: 'a lease shorter than its renewal',
    given: file({ leaderElection: { leaseDuration: '5s' } }),
    want: 'leaderElection.leaseDuration: Invalid value: 10s: LeaseDuration must be greater than RenewDeadline',
  },
  {
    name: 'another lock',
    given: file({ leaderElection: { resourceLock: 'endpoints' } }),
    want: 'leaderElection.resourceLock: Invalid value: "endpoints": resourceLock value must be "leases"',
  },
  {
    name: 'extenders that both bind',
    given: file({
      extenders: [
        { urlPrefix: 'http://a', bindVerb: 'b' },
        { urlPrefix: 'http://b', bindVerb: 'b' },
      ],
    }),
    want: 'extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind',
  },
  {
    name: 'an extender without weight',
    given: file({ extenders: [{ urlPrefix: 'http://a', prioritizeVerb: 'p' }] }),
    want: 'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it',
  },
  {
    name: 'arguments twice',
    given: file({ profiles: [{ pluginConfig: [{ name: 'NodeAffinity' }, { name: 'NodeAffinity' }] }] }),
    want: 'profiles[0].pluginConfig[1]: Duplicate value: "NodeAffinity"',
  },
  {
    name: 'weight of affinity',
    given: args('InterPodAffinity', { hardPodAffinityWeight: 101 }),
    want: `${at}.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]`,
  },
  {
    name: 'no candidates for preemption',
    given: args('DefaultPreemption', { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0 }),
    want: `[${at}.minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute, ${at}.minCandidateNodesAbsolute: Invalid value: 0: cannot be zero at the same time as minCandidateNodesPercentage]`,
  },
  {
    name: 'a strategy that is unknown',
    given: args('NodeResourcesFit', { scoringStrategy: { type: 'Best' } }),
    want: `${at}.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"`,
  },
  {
    name: 'a weight too large',
    given: args('NodeResourcesFit', { scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 101 }] } }),
    want: `${at}.scoringStrategy.resources[0].weight: Invalid value: 101: resource weight of cpu not in valid range (0, 100]`,
  },
  {
    name: 'a shape that falls back',
    given: args('NodeResourcesFit', points([50, 1], [50, 2])),
    want: `${shapePath}[1].utilization: Invalid value: 50: values must be sorted in increasing order`,
  },
  {
    name: 'a shape without points',
    given: args('NodeResourcesFit', points()),
    want: `${shapePath}: Required value: at least one point must be specified`,
  },
  {
    name: 'a score too high',
    given: args('NodeResourcesFit', points([0, 11])),
    want: `${shapePath}[0].score: Invalid value: 11: not in valid range [0, 10]`,
  },
  {
    name: 'a shape for another strategy',
    given: args('NodeResourcesFit', { scoringStrategy: { ...points([0, 1]).scoringStrategy, type: 'LeastAllocated' } }),
    want: `${at}.scoringStrategy.requestedToCapacityRatio: Forbidden: must be nil when type is not RequestedToCapacityRatio`,
  },
  {
    name: 'a group with a slash',
    given: args('NodeResourcesFit', { ignoredResourceGroups: ['a.b/c'] }),
    want: `${at}.ignoredResourceGroups[0]: Invalid value: "a.b/c": resource group name can't contain '/'`,
  },
  {
    name: 'weights of balance',
    given: args('NodeResourcesBalancedAllocation', { resources: [{ name: 'cpu', weight: 2 }] }),
    want: `${at}.resources[0].weight: Invalid value: 2: must be 1`,
  },
  {
    name: 'constraints beside the defaults',
    given: args('PodTopologySpread', { defaultConstraints: [constraint] }),
    want: `${at}.defaultingType: Invalid value: "System": when .defaultConstraints are not empty`,
  },
  {
    name: 'a constraint twice',
    given: args('PodTopologySpread', spread(constraint, { ...constraint, maxSkew: 2 })),
    want: `${at}.defaultConstraints[1]: Duplicate value: "{zone, DoNotSchedule}"`,
  },
  {
    name: 'a constraint with everything wrong',
    given: args('PodTopologySpread', spread({ maxSkew: 0, whenUnsatisfiable: 'Never', labelSelector: {} })),
    want: `[${at}.defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf), ${at}.defaultConstraints[0].topologyKey: Required value: can not be empty, ${at}.defaultConstraints[0].whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway", ${at}.defaultConstraints[0].labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod]`,
  },
  {
    name: 'time to bind',
    given: args('VolumeBinding', { bindTimeoutSeconds: -1 }),
    want: `${at}.bindTimeoutSeconds: Invalid value: -1: invalid BindTimeoutSeconds, should not be a negative value`,
  },
]

for (const { name, given, want } of faults) test(`refused: ${name}`, () => assert.throws(() => readConfiguration(given), { message: want }))

const refused: { name: string; given: unknown; want: RegExp }[] = [
  { name: 'an unknown field', given: file({ profile: [] }), want: /Unrecognized key: "profile"/ },
  { name: 'another version', given: { ...file({}), apiVersion: 'kubescheduler.config.k8s.io/v1beta3' }, want: /apiVersion: no kind/ },
  {
    name: 'a plugin that does not exist',
    given: file({ profiles: [{ plugins: { filter: { enabled: [{ name: 'Magic' }] } } }] }),
    want: /plugins: "Magic" does not exist/,
  },
  {
    name: 'a time that is none',
    given: file({ leaderElection: { retryPeriod: 'soon' } }),
    want: /retryPeriod: time: invalid duration "soon"/,
  },
  { name: 'no object at all', given: null, want: /<root>/ },
]

for (const { name, given, want } of refused) test(`refused: ${name}`, () => assert.throws(() => readConfiguration(given), want))
