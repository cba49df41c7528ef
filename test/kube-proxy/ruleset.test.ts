// The ruleset as meaning: a small tracer walks the elements and says where a packet goes; and as text: what changes, and only that.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../openapi/types/core/v1.ts'
import type { EndpointSlice } from '../../openapi/types/discovery/v1.ts'
import { servicePorts } from '../../src/kube-proxy/endpoints.ts'
import { type Ruleset, ruleset, rulesetChange, rulesetText } from '../../src/kube-proxy/ruleset.ts'

const options = { family: 'IPv4' } as const
const node = { name: 'n1', zone: 'a' }

function service(name: string, spec: Service['spec']): Service {
  return {
    metadata: { namespace: 'default', name },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'], ...spec },
  }
}

function slice(name: string, endpoints: EndpointSlice['endpoints'], port = 8080): EndpointSlice {
  return {
    metadata: { namespace: 'default', name: `${name}-x`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: endpoints ?? [],
    ports: [{ port, protocol: 'TCP' }],
  }
}

/** Where a packet to `key` may end: addresses, or the verdict that refuses it. */
function destinations(rules: Ruleset, key: string): { to: string[]; masquerade: boolean } | string {
  const onPort = key.split(' . ').length === 2
  const refused = rules.elements.get(onPort ? 'refused-node-ports' : 'refused')?.get(key)
  if (refused !== undefined) return refused
  const verdict = rules.elements.get(onPort ? 'node-ports' : 'services')?.get(key)
  if (verdict === undefined) return 'no rule'
  const count = Number(/pick-(\d+)$/.exec(verdict)?.[1])
  const map = rules.elements.get(`${onPort ? 'node-port-' : ''}endpoints-${count}`)!
  return { to: Array.from({ length: count }, (_, i) => map.get(`${key} . ${i}`)!), masquerade: verdict.includes('masquerade') }
}

const rulesOf = (services: Service[], slices: EndpointSlice[]) => ruleset(servicePorts(services, slices, node, 'IPv4'), options)
const port80 = { ports: [{ port: 80, protocol: 'TCP' }] }
const cluster = '10.96.0.10 . tcp . 80'

const cases: { name: string; given: [Service[], EndpointSlice[]]; packet: string; want: unknown }[] = [
  {
    name: 'a cluster IP goes to every ready endpoint',
    given: [
      [service('web', port80)],
      [
        slice('web', [
          { addresses: ['10.244.0.2'] },
          { addresses: ['10.244.0.3'] },
          { addresses: ['10.244.0.4'], conditions: { ready: false } },
        ]),
      ],
    ],
    packet: cluster,
    want: { to: ['10.244.0.2 . 8080', '10.244.0.3 . 8080'], masquerade: false },
  },
  { name: 'no endpoints: refused', given: [[service('web', port80)], []], packet: cluster, want: 'goto refuse' },
  {
    name: 'no ready endpoint: those that serve while they end',
    given: [
      [service('web', port80)],
      [slice('web', [{ addresses: ['10.244.0.2'], conditions: { ready: false, serving: true, terminating: true } }])],
    ],
    packet: cluster,
    want: { to: ['10.244.0.2 . 8080'], masquerade: false },
  },
  {
    name: 'a node port is masqueraded',
    given: [
      [service('web', { type: 'NodePort', ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }] })],
      [slice('web', [{ addresses: ['10.244.0.2'] }])],
    ],
    packet: 'tcp . 30080',
    want: { to: ['10.244.0.2 . 8080'], masquerade: true },
  },
  {
    name: 'externalTrafficPolicy Local keeps the source and only local endpoints',
    given: [
      [service('web', { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }] })],
      [
        slice('web', [
          { addresses: ['10.244.0.2'], nodeName: 'n1' },
          { addresses: ['10.244.1.2'], nodeName: 'n2' },
        ]),
      ],
    ],
    packet: 'tcp . 30080',
    want: { to: ['10.244.0.2 . 8080'], masquerade: false },
  },
  {
    name: 'Local without a local endpoint drops',
    given: [
      [service('web', { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }] })],
      [slice('web', [{ addresses: ['10.244.1.2'], nodeName: 'n2' }])],
    ],
    packet: 'tcp . 30080',
    want: 'drop',
  },
  {
    name: 'zone hints keep traffic near',
    given: [
      [service('web', port80)],
      [
        slice('web', [
          { addresses: ['10.244.0.2'], hints: { forZones: [{ name: 'a' }] } },
          { addresses: ['10.244.1.2'], hints: { forZones: [{ name: 'b' }] } },
        ]),
      ],
    ],
    packet: cluster,
    want: { to: ['10.244.0.2 . 8080'], masquerade: false },
  },
  {
    name: 'headless services have no rule',
    given: [[service('web', { ...port80, clusterIP: 'None', clusterIPs: ['None'] })], []],
    packet: cluster,
    want: 'no rule',
  },
]

for (const { name, given, packet, want } of cases) {
  test(name, () => assert.deepEqual(destinations(rulesOf(...given), packet), want))
}

test('one more service of a known endpoint count is only added elements', () => {
  const slices = [slice('web', [{ addresses: ['10.244.0.2'] }]), slice('api', [{ addresses: ['10.244.0.3'] }])]
  const before = rulesOf([service('web', port80)], slices)
  const after = rulesOf(
    [service('web', port80), service('api', { ...port80, clusterIP: '10.96.0.11', clusterIPs: ['10.96.0.11'] })],
    slices,
  )
  const change = rulesetChange(before, after)!
  assert.deepEqual(
    change
      .trim()
      .split('\n')
      .map((line) => line.split(' ').slice(0, 5).join(' ')),
    [
      'add element ip k8ts-proxy cluster-ips',
      'add element ip k8ts-proxy services',
      'add element ip k8ts-proxy endpoints-1',
      'add element ip k8ts-proxy hairpin',
    ].sort((a, b) => change.indexOf(a) - change.indexOf(b)),
  )
  assert.equal(rulesetChange(after, after), '')
})

test('a new endpoint count needs the whole text', () => {
  const before = rulesOf([service('web', port80)], [slice('web', [{ addresses: ['10.244.0.2'] }])])
  const after = rulesOf([service('web', port80)], [slice('web', [{ addresses: ['10.244.0.2'] }, { addresses: ['10.244.0.3'] }])])
  assert.equal(rulesetChange(before, after), undefined)
})

test('session affinity has a client set per endpoint, with the timeout of the service', () => {
  const text = rulesetText(
    rulesOf([service('web', { ...port80, sessionAffinity: 'ClientIP' })], [slice('web', [{ addresses: ['10.244.0.2'] }])]),
    options,
  )
  assert.match(text, /timeout 10800s/)
  assert.match(text, /dnat to 10\.244\.0\.2:8080/)
})
