// Ingress, IngressClass, NetworkPolicy, IPAddress, ServiceCIDR, EndpointSlice: rules with upstream's words, columns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EndpointSlice } from '../../../src/api/discovery/endpointslice.ts'
import { Ingress } from '../../../src/api/networking/ingress.ts'
import { IngressClass } from '../../../src/api/networking/ingressclass.ts'
import { IPAddress } from '../../../src/api/networking/ipaddress.ts'
import { NetworkPolicy } from '../../../src/api/networking/networkpolicy.ts'
import { ServiceCIDR } from '../../../src/api/networking/servicecidr.ts'
import { nameErrors } from '../../../src/apimachinery/names.ts'
import { cells, createErrors, defaulted, updateErrors } from '../strategy.ts'

const metadata = { name: 'web' }
const backend = { service: { name: 'web', port: { number: 80 } } }
const ingress = (path: object) => ({ metadata, spec: { rules: [{ host: 'a.example', http: { paths: [path] } }] } })
const block = (ipBlock: object) => ({ metadata, spec: { podSelector: {}, ingress: [{ from: [{ ipBlock }] }] } })
const slice = (address: string, addressType = 'IPv4') => ({
  metadata,
  addressType,
  endpoints: [{ addresses: [address] }],
  ports: [{ port: 80 }],
})
const first = 'spec.rules[0].http.paths[0]'

const cases = [
  { name: 'a good one', kind: Ingress, given: ingress({ path: '/', pathType: 'Prefix', backend }), want: [] },
  {
    name: 'nothing to serve',
    kind: Ingress,
    given: { metadata, spec: {} },
    want: ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  },
  {
    name: 'no path type',
    kind: Ingress,
    given: ingress({ path: '/', backend }),
    want: [`${first}.pathType: Required value: pathType must be specified`],
  },
  {
    name: 'a relative path with dots',
    kind: Ingress,
    given: ingress({ path: 'a/..', pathType: 'Exact', backend }),
    want: [`${first}.path: Invalid value: "a/..": must be an absolute path`, `${first}.path: Invalid value: "a/..": cannot end with '/..'`],
  },
  {
    name: 'no backend',
    kind: Ingress,
    given: ingress({ path: '/', pathType: 'Prefix' }),
    want: [`${first}.backend: Invalid value: "": resource or service backend is required`],
  },
  {
    name: 'a backend without port',
    kind: Ingress,
    given: ingress({ path: '/', pathType: 'Prefix', backend: { service: { name: 'web' } } }),
    want: [`${first}.backend: Required value: port name or number is required`],
  },
  {
    name: 'an address as host',
    kind: Ingress,
    given: { metadata, spec: { rules: [{ host: '10.0.0.1' }] } },
    want: ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
  },
  {
    name: 'a controller that is no path',
    kind: IngressClass,
    given: { metadata, spec: { controller: 'nginx' } },
    want: ['spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")'],
  },
  {
    name: 'parameters of a namespace without one',
    kind: IngressClass,
    given: { metadata, spec: { controller: 'a.io/b', parameters: { kind: 'K', name: 'n', scope: 'Namespace' } } },
    want: ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
  },
  { name: 'a good one', kind: NetworkPolicy, given: block({ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }), want: [] },
  {
    name: 'an exception outside',
    kind: NetworkPolicy,
    given: block({ cidr: '10.0.0.0/8', except: ['192.168.0.0/16'] }),
    want: ['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "192.168.0.0/16": must be a strict subset of `cidr`'],
  },
  {
    name: 'bits beyond the prefix',
    kind: NetworkPolicy,
    given: block({ cidr: '10.0.0.1/8' }),
    want: ['spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length'],
  },
  {
    name: 'an empty peer',
    kind: NetworkPolicy,
    given: { metadata, spec: { podSelector: {}, egress: [{ to: [{}] }] } },
    want: ['spec.egress[0].to[0]: Required value: must specify a peer'],
  },
  {
    name: 'a range of ports by name',
    kind: NetworkPolicy,
    given: { metadata, spec: { podSelector: {}, ingress: [{ ports: [{ port: 'http', endPort: 90 }] }] } },
    want: ['spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric'],
  },
  { name: 'no parent', kind: IPAddress, given: { metadata: { name: '10.0.0.1' }, spec: {} }, want: ['spec.parentRef: Required value'] },
  {
    name: 'two of a family',
    kind: ServiceCIDR,
    given: { metadata, spec: { cidrs: ['10.0.0.0/24', '10.1.0.0/24'] } },
    want: [
      'spec.cidrs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ],
  },
  { name: 'a good one', kind: EndpointSlice, given: slice('10.0.0.1'), want: [] },
  {
    name: 'a loopback address',
    kind: EndpointSlice,
    given: slice('127.0.0.1'),
    want: ['endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  },
  {
    name: 'the other family',
    kind: EndpointSlice,
    given: slice('fd00::1'),
    want: ['endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address'],
  },
  {
    name: 'an unknown type',
    kind: EndpointSlice,
    given: slice('a', 'DNS'),
    want: ['addressType: Unsupported value: "DNS": supported values: "FQDN", "IPv4", "IPv6"'],
  },
] as const

for (const { name, kind, given, want } of cases) {
  test(`${kind.kind}: ${name}`, () => assert.deepEqual(createErrors(kind as never, given), want))
}

test('the types of a NetworkPolicy follow from its rules', () => {
  const types = (spec: object) => defaulted(NetworkPolicy, { spec: { podSelector: {}, ...spec } }).spec?.policyTypes
  assert.deepEqual(types({}), ['Ingress'])
  assert.deepEqual(types({ egress: [{}] }), ['Ingress', 'Egress'])
})

test('an IPAddress is named by the address', () => {
  assert.deepEqual(nameErrors(IPAddress.nameRule!, '010.0.0.1', false), ['must not have leading 0s'])
  assert.deepEqual(nameErrors(IPAddress.nameRule!, 'FD00::1', false), ['must be in canonical form ("fd00::1")'])
})

test('an EndpointSlice keeps its address type', () => {
  assert.deepEqual(updateErrors(EndpointSlice, slice('fd00::1', 'IPv6'), slice('10.0.0.1')), [
    'addressType: Invalid value: "IPv6": field is immutable',
  ])
})

test('rows', () => {
  const rules = ['a', 'b', 'c', 'd'].map((host) => ({ host }))
  const given = { spec: { rules, tls: [{}] }, status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'lb' }] } } }
  const row = cells(Ingress, given)
  assert.deepEqual([row['Class'], row['Hosts'], row['Address'], row['Ports']], ['<none>', 'a,b,c + 1 more...', '1.2.3.4,lb', '80, 443'])
  assert.equal(cells(Ingress, { spec: {} })['Hosts'], '*')
  const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']
  const many = cells(EndpointSlice, { addressType: 'IPv4', endpoints: [{ addresses }], ports: [{ name: '', port: 80 }] })
  assert.deepEqual([many['Ports'], many['Endpoints']], ['80', '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...'])
  assert.equal(cells(EndpointSlice, {})['Ports'], '<unset>')
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' }
  assert.equal(cells(IngressClass, { metadata: { name: 'nginx', annotations } })['Name'], 'nginx (default)')
  const parentRef = { group: '', resource: 'services', namespace: 'default', name: 'kubernetes' }
  assert.equal(cells(IPAddress, { spec: { parentRef } })['ParentRef'], 'services/default/kubernetes')
})
