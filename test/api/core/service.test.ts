// Services: defaults, what an update keeps and drops, rules, and the row that kubectl prints.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Service } from '../../../src/api/core/service/index.ts'
import { cells, created, createErrors, defaulted, updateErrors } from '../strategy.ts'

const metadata = { name: 's', namespace: 'd', resourceVersion: '1' }
const ports = [{ port: 80 }]
const allocated = { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }

test('defaults follow the type', () => {
  const spec = (given: object) => defaulted(Service, { metadata, spec: { ports, ...given } }).spec
  const common = { ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }], sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' }
  assert.deepEqual(spec({}), { ...common, type: 'ClusterIP' })
  assert.deepEqual(spec({ type: 'NodePort' }), { ...common, type: 'NodePort', externalTrafficPolicy: 'Cluster' })
  assert.deepEqual(spec({ type: 'LoadBalancer' }), {
    ...common,
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Cluster',
    allocateLoadBalancerNodePorts: true,
  })
  assert.deepEqual(spec({ sessionAffinity: 'ClientIP' })?.sessionAffinityConfig, { clientIP: { timeoutSeconds: 10800 } })
})

const invalid: { name: string; given: object; want: string[] }[] = [
  { name: 'a good one', given: { ports }, want: [] },
  { name: 'no ports', given: {}, want: ['spec.ports: Required value'] },
  { name: 'headless without ports', given: { clusterIP: 'None' }, want: [] },
  {
    name: 'two ports without names',
    given: { ports: [{ port: 80 }, { port: 81 }] },
    want: ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
  },
  {
    name: 'the same port twice',
    given: {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    },
    want: ['spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}'],
  },
  {
    name: 'a node port without need',
    given: { ports: [{ port: 80, nodePort: 30000 }] },
    want: ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  },
  { name: 'an external name without name', given: { type: 'ExternalName' }, want: ['spec.externalName: Required value'] },
  {
    name: 'a headless load balancer',
    given: { type: 'LoadBalancer', clusterIP: 'None', ports },
    want: ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for LoadBalancer services'],
  },
  {
    name: 'an address that is none',
    given: { clusterIP: 'here', ports },
    want: ['spec.clusterIPs[0]: Invalid value: "here": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  },
  {
    name: 'external addresses of the node itself',
    given: { externalIPs: ['127.0.0.1', '169.254.169.254'], ports },
    want: [
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'spec.externalIPs[1]: Invalid value: "169.254.169.254": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ],
  },
  {
    name: 'local traffic of a cluster-internal service',
    given: { externalTrafficPolicy: 'Local', ports },
    want: ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
  },
]

for (const { name, given, want } of invalid) {
  test(`new service: ${name}`, () => assert.deepEqual(createErrors(Service, { metadata, spec: given }), want))
}

/** The spec after an update of `old` to `now`. */
function updated(now: object, old: object) {
  const before = defaulted(Service, { metadata, spec: old })
  const draft = defaulted(Service, { metadata, spec: now })
  Service.prepareForUpdate?.(draft, before, { now: 0, userName: 'tester', dryRun: false })
  return draft.spec
}

test('a manifest sent again keeps what the server allocated', () => {
  const spec = updated({ type: 'NodePort', ports }, { type: 'NodePort', ...allocated, ports: [{ port: 80, nodePort: 30001 }] })
  assert.deepEqual([spec?.clusterIP, spec?.clusterIPs, spec?.ports?.[0]?.nodePort], ['10.0.0.1', ['10.0.0.1'], 30001])
})

test('a node port goes with the type that needed it', () => {
  const old = { type: 'NodePort', ...allocated, ports: [{ port: 80, nodePort: 30001 }] }
  const spec = updated({ ...old, type: 'ClusterIP', externalTrafficPolicy: 'Cluster' }, old)
  assert.deepEqual([spec?.ports?.[0]?.nodePort, spec?.externalTrafficPolicy], [undefined, undefined])
  const external = updated({ ...old, type: 'ExternalName', externalName: 'x.y' }, old)
  assert.deepEqual([external?.clusterIP, external?.clusterIPs, external?.ipFamilies], [undefined, undefined, undefined])
})

test('the address never changes', () => {
  const errors = updateErrors(Service, { metadata, spec: { ports, clusterIP: '10.0.0.2' } }, { metadata, spec: { ports, ...allocated } })
  assert.deepEqual(errors, ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'])
})

test('a status is for load balancers', () => {
  const ingress = { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4', ipMode: 'VIP' }] } } }
  const of = (spec: object) => updateErrors(Service, { metadata, spec, ...ingress }, { metadata, spec }, 'status')
  assert.deepEqual(of({ ports }), ["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"])
  assert.deepEqual(of({ ports, type: 'LoadBalancer' }), [])
})

const rows: { name: string; given: object; want: unknown[] }[] = [
  {
    name: 'cluster internal',
    given: { spec: { type: 'ClusterIP', ...allocated, ports: [{ port: 80, protocol: 'TCP' }] } },
    want: ['10.0.0.1', '<none>', '80/TCP', '<none>'],
  },
  {
    name: 'node port with selector',
    given: {
      spec: {
        type: 'NodePort',
        clusterIPs: ['None'],
        ports: [{ port: 80, nodePort: 30561, protocol: 'TCP' }],
        selector: { b: '2', a: '1' },
      },
    },
    want: ['None', '<none>', '80:30561/TCP', 'a=1,b=2'],
  },
  { name: 'waiting for its load balancer', given: { spec: { type: 'LoadBalancer' } }, want: ['<none>', '<pending>', '<none>', '<none>'] },
  {
    name: 'with a load balancer and an address of its own',
    given: {
      spec: { type: 'LoadBalancer', externalIPs: ['9.9.9.9'] },
      status: { loadBalancer: { ingress: [{ hostname: 'lb.x' }, { ip: '1.1.1.1' }] } },
    },
    want: ['<none>', '1.1.1.1,lb.x,9.9.9.9', '<none>', '<none>'],
  },
  { name: 'a name outside', given: { spec: { type: 'ExternalName', externalName: 'x.y' } }, want: ['<none>', 'x.y', '<none>', '<none>'] },
]

for (const { name, given, want } of rows) {
  test(`service row: ${name}`, () => {
    const row = cells(Service, { metadata, ...given })
    assert.deepEqual([row['Cluster-IP'], row['External-IP'], row['Port(s)'], row['Selector']], want)
  })
}

test('one address of an old client begins the list', () => {
  assert.deepEqual(created(Service, { metadata, spec: { ports, clusterIP: '10.0.0.9' } }).spec?.clusterIPs, ['10.0.0.9'])
})
