// Where a service is reached, and upstream's refusals.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reader } from '../../../src/apiserver/admission/plugin.ts'
import { resolveService } from '../../../src/apiserver/service-resolver.ts'

interface Given {
  services?: { metadata: { name: string }; spec?: object }[]
  slices?: object[]
}

function readerOf({ services = [], slices = [] }: Given): Reader {
  return {
    get: (_kind, namespace, name) => (namespace === 'ns' ? services.find(({ metadata }) => metadata.name === name) : undefined) as never,
    list: () => slices as never,
    refresh: async () => {},
  }
}

const web = { metadata: { name: 'web' }, spec: { ports: [{ name: 'https', port: 443, targetPort: 8443 }] } }
const slice = (endpoints: object[], ports: object[] = [{ name: 'https', port: 8443 }], service = 'web') => ({
  metadata: { labels: { 'kubernetes.io/service-name': service } },
  endpoints,
  ports,
})
const ready = (...addresses: string[]) => ({ addresses, conditions: { ready: true } })
const noEndpoints = [503, 'no endpoints available for service "web"']

const table: { name: string; given: Given; port?: number; random?: number; want: unknown }[] = [
  { name: 'no service', given: {}, want: [404, 'service "web" not found'] },
  { name: 'no such port', given: { services: [web] }, port: 80, want: [503, 'no service port 80 found for service "web"'] },
  { name: 'no slice', given: { services: [web] }, want: noEndpoints },
  {
    name: 'a slice of another service',
    given: { services: [web], slices: [slice([ready('10.0.0.1')], undefined, 'db')] },
    want: noEndpoints,
  },
  {
    name: 'nobody is ready',
    given: { services: [web], slices: [slice([{ addresses: ['10.0.0.1'], conditions: { ready: false } }])] },
    want: noEndpoints,
  },
  {
    name: 'another port is open',
    given: { services: [web], slices: [slice([ready('10.0.0.1')], [{ name: 'http', port: 80 }])] },
    want: noEndpoints,
  },
  { name: 'a ready endpoint', given: { services: [web], slices: [slice([ready('10.0.0.1')])] }, want: ['10.0.0.1', 8443] },
  {
    name: 'unknown readiness is ready',
    given: { services: [web], slices: [slice([{ addresses: ['10.0.0.1'] }])] },
    want: ['10.0.0.1', 8443],
  },
  {
    name: 'one of several, by chance',
    given: { services: [web], slices: [slice([ready('10.0.0.1')]), slice([ready('10.0.0.2'), ready('10.0.0.3')])] },
    random: 0.9,
    want: ['10.0.0.3', 8443],
  },
  {
    name: 'a port without a name',
    given: {
      services: [{ metadata: { name: 'web' }, spec: { ports: [{ port: 9443 }] } }],
      slices: [slice([ready('fd00::1')], [{ name: '', port: 1 }])],
    },
    port: 9443,
    want: ['fd00::1', 1],
  },
  {
    name: 'a name outside the cluster',
    given: { services: [{ metadata: { name: 'web' }, spec: { type: 'ExternalName', externalName: 'api.example.org' } }] },
    port: 6443,
    want: ['api.example.org', 6443],
  },
]

for (const { name, given, port, random = 0, want } of table) {
  test(name, () => {
    const resolve = () => resolveService(readerOf(given), () => random, { namespace: 'ns', name: 'web', port })
    const [first, second] = want as [string | number, string | number]
    if (typeof first === 'number') assert.throws(resolve, { code: first, message: second as string })
    else assert.deepEqual(resolve(), { host: first, port: second, serverName: 'web.ns.svc' })
  })
}
