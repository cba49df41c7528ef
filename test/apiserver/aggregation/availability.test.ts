// The condition Available: what services and endpoints say of it, and when its time moves.
import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import type { Reader } from '../../../src/apiserver/admission/plugin.ts'
import { verdictOfObjects, withVerdict } from '../../../src/apiserver/aggregation/availability.ts'
import { startAggregating } from './extension-server.ts'

const service = (spec: object = {}) => ({ metadata: { name: 'api' }, spec: { ports: [{ name: 'https', port: 443 }], ...spec } })
const slice = (ready: boolean | undefined, port: object = { name: 'https', port: 8443 }) => ({
  metadata: { labels: { 'kubernetes.io/service-name': 'api' } },
  endpoints: [{ addresses: ['10.0.0.1'], conditions: ready === undefined ? {} : { ready } }],
  ports: [port],
})
const where = 'service/api in "ns"'

const table: { name: string; services?: object[]; slices?: object[]; port?: number; want?: [string, string, string] }[] = [
  { name: 'no service', want: ['False', 'ServiceNotFound', `${where} is not present`] },
  { name: 'another port', services: [service()], port: 80, want: ['False', 'ServicePortError', `${where} is not listening on port 80`] },
  { name: 'no slices', services: [service()], want: ['False', 'EndpointsNotFound', `cannot find endpointslices for ${where}`] },
  {
    name: 'nobody is ready',
    services: [service()],
    slices: [slice(false)],
    want: ['False', 'MissingEndpoints', `endpointslices for ${where} have no addresses with port name "https"`],
  },
  {
    name: 'the port has another name',
    services: [service()],
    slices: [slice(true, { name: 'http', port: 80 })],
    want: ['False', 'MissingEndpoints', `endpointslices for ${where} have no addresses with port name "https"`],
  },
  { name: 'one is ready: ask it', services: [service()], slices: [slice(false), slice(true)] },
  { name: 'readiness unknown: ask it', services: [service()], slices: [slice(undefined)] },
  { name: 'outside the cluster: ask it', services: [service({ type: 'ExternalName', externalName: 'x.example.com', ports: undefined })] },
]
for (const { name, services = [], slices = [], port = 443, want } of table) {
  test(name, () => {
    const read = { get: () => services[0], list: () => slices } as unknown as Reader
    const spec = { group: 'g', version: 'v1', service: { namespace: 'ns', name: 'api', port }, groupPriorityMinimum: 1, versionPriority: 1 }
    const verdict = verdictOfObjects({ spec }, read)
    assert.deepEqual(verdict && [verdict.status, verdict.reason, verdict.message], want)
  })
}

describe('the conditions with a verdict', () => {
  const [then, now] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z']
  const passed = { status: 'True', reason: 'Passed', message: 'all checks passed' }
  const old = { type: 'Available', status: 'True', reason: 'Passed', message: 'all checks passed', lastTransitionTime: then }
  const foreign = { type: 'Other', status: 'True' }

  it('are the same when it says nothing new', () => {
    const before = [foreign, old]
    assert.equal(withVerdict(before, passed, now), before)
  })
  it('keep their time while the status is the same', () => {
    const said = { status: 'True', reason: 'Local', message: 'x' }
    assert.deepEqual(withVerdict([old], said, now), [{ type: 'Available', ...said, lastTransitionTime: then }])
  })
  it('get a new time with a new status, and stand beside others', () => {
    const said = { status: 'False', reason: 'ServiceNotFound', message: 'x' }
    assert.deepEqual(withVerdict([old, foreign], said, now), [{ type: 'Available', ...said, lastTransitionTime: now }, foreign])
    assert.deepEqual(withVerdict([foreign], said, now), [foreign, { type: 'Available', ...said, lastTransitionTime: now }])
  })
})

test('a server writes them as the objects come and go', async () => {
  const k = await startAggregating()
  const name = 'v1beta1.custom.metrics.k8s.io'
  const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices'
  const spec = {
    group: 'custom.metrics.k8s.io',
    version: 'v1beta1',
    service: { namespace: 'default', name: 'adapter' },
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
  }
  assert.equal((await k.call('POST', apiServices, { metadata: { name }, spec })).code, 201)
  await k.untilAvailable(name, 'ServiceNotFound')
  const group = '/apis/custom.metrics.k8s.io'
  assert.deepEqual(
    [(await k.call('GET', `${group}/v1beta1`)).code, (await k.call('GET', `${group}/v1beta1`)).text],
    [503, 'service unavailable\n'],
  )
  const services = '/api/v1/namespaces/default/services'
  await k.call('POST', services, { metadata: { name: 'adapter' }, spec: { ports: [{ port: 443, targetPort: 6443 }] } })
  await k.untilAvailable(name, 'EndpointsNotFound')
  await k.call('PUT', `${apiServices}/${name}/status`, { ...(await k.call('GET', `${apiServices}/${name}`)).body, status: {} })
  await k.call('DELETE', `${services}/adapter`)
  const { status, message } = await k.untilAvailable(name, 'ServiceNotFound')
  assert.deepEqual([status, message], ['False', 'service/adapter in "default" is not present'])
  await k.close()
})
