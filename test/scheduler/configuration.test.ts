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

const refused: { name: string; given: unknown; want: RegExp }[] = [
  { name: 'an unknown field', given: file({ profile: [] }), want: /Unrecognized key: "profile"/ },
  { name: 'another version', given: { ...file({}), apiVersion: 'kubescheduler.config.k8s.io/v1beta3' }, want: /apiVersion: no kind/ },
  {
    name: 'a plugin that does not exist',
    given: file({ profiles: [{ plugins: { filter: { enabled: [{ name: 'Magic' }] } } }] }),
    want: /plugins: "Magic" does not exist/,
  },
  {
    name: 'two profiles of one name',
    given: file({ profiles: [{}, {}] }),
    want: /duplicate profile with scheduler name "default-scheduler"/,
  },
  {
    name: 'arguments out of range',
    given: file({ profiles: [{ pluginConfig: [{ name: 'InterPodAffinity', args: { hardPodAffinityWeight: 101 } }] }] }),
    want: /pluginConfig\[0\]\.args\.hardPodAffinityWeight: Too big/,
  },
  { name: 'backoffs the wrong way round', given: file({ podInitialBackoffSeconds: 20 }), want: /podMaxBackoffSeconds: must be greater/ },
  { name: 'no object at all', given: null, want: /<root>/ },
]

for (const { name, given, want } of refused) test(`refused: ${name}`, () => assert.throws(() => readConfiguration(given), want))
