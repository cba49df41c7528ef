// The APIServices of the server's own group versions: which there are, and what becomes of them.
import assert from 'node:assert/strict'
import { after, before, describe, it, test } from 'node:test'
import type { APIService } from '../../../openapi/types/apiregistration/v1.ts'
import { registrationStep } from '../../../src/apiserver/aggregation/registrations.ts'
import { type AggregatingServer, startAggregating, until } from './extension-server.ts'

const label = 'kube-aggregator.kubernetes.io/automanaged'
const one = (managed?: string, spec: object = {}): APIService => ({
  metadata: { name: 'v1.apps', ...(managed === undefined ? {} : { labels: { [label]: managed } }) },
  spec: { group: 'apps', version: 'v1', groupPriorityMinimum: 17800, versionPriority: 15, ...spec },
})
const other = { versionPriority: 1 }
const metrics = { group: 'metrics.k8s.io', service: { namespace: 'kube-system', name: 'metrics-server', port: 443 } }

// Letters and numbers are those of the table in upstream's autoregister_controller.go.
const table: { name: string; wanted?: APIService; current?: APIService; atStart?: boolean; synced?: boolean; want?: string }[] = [
  { name: '2A nothing and nothing wanted' },
  { name: '2B missing', wanted: one('onstart'), want: 'create' },
  { name: '2B missing, but was there', wanted: one('onstart'), synced: true },
  { name: '2C missing', wanted: one('true'), synced: true, want: 'create' },
  { name: '3A somebody else’s', current: one() },
  { name: '3C somebody else’s, differs', wanted: one('true'), current: one(undefined, other) },
  { name: '4 on start, made since', wanted: one('true'), current: one('onstart', other) },
  { name: '5A on start, no longer wanted', current: one('onstart'), atStart: true, want: 'delete' },
  { name: '5B on start, differs', wanted: one('onstart'), current: one('onstart', other), atStart: true, want: 'update' },
  { name: '5B on start, changed since', wanted: one('onstart'), current: one('onstart', other), atStart: true, synced: true },
  { name: '5B on start, is right', wanted: one('onstart'), current: one('onstart'), atStart: true },
  { name: '6A no longer wanted', current: one('true'), synced: true, want: 'delete' },
  { name: '6C differs', wanted: one('true'), current: one('true', other), synced: true, want: 'update' },
  { name: 'somebody else serves metrics', wanted: one('true'), current: one('true', metrics), synced: true },
  { name: 'somebody else serves metrics, which this server does not', current: one('true', metrics), synced: true },
  {
    name: 'a built-in group given to a service, at start',
    wanted: one('onstart'),
    current: one('onstart', { service: metrics.service }),
    atStart: true,
    want: 'update',
  },
]
for (const { name, wanted, current, atStart = false, synced = false, want } of table) {
  test(name, () => assert.equal(registrationStep({ wanted, current, atStart, synced }), want))
}

describe('a server', () => {
  let k: AggregatingServer
  before(async () => {
    k = await startAggregating()
  })
  after(() => k.close())
  const path = '/apis/apiregistration.k8s.io/v1/apiservices'
  const list = async () => (await k.call('GET', path)).body.items as (APIService & { metadata: { name: string } })[]

  it('registers its own group versions as local and available', async () => {
    const items = await list()
    const some = ['v1.', 'v1.apps', 'v2.autoscaling', 'v1.rbac.authorization.k8s.io', 'v1beta1.metrics.k8s.io']
    const found = items.filter(({ metadata }) => some.includes(metadata.name))
    assert.deepEqual(found.map(({ metadata }) => metadata.name).sort(), [...some].sort())
    assert.equal(
      items.some(({ metadata }) => metadata.name.endsWith('apiregistration.k8s.io')),
      false,
    )
    const facts = found.map(({ metadata, spec, status }) => [
      metadata.name,
      metadata.labels?.[label],
      spec?.groupPriorityMinimum,
      spec?.versionPriority,
      status?.conditions?.map((each) => [each.type, each.status, each.reason]),
    ])
    const local = [['Available', 'True', 'Local']]
    assert.deepEqual(facts, [
      ['v1.', 'onstart', 18000, 1, local],
      ['v1.apps', 'onstart', 17800, 15, local],
      ['v1.rbac.authorization.k8s.io', 'onstart', 17000, 15, local],
      ['v1beta1.metrics.k8s.io', 'true', 100, 100, local],
      ['v2.autoscaling', 'onstart', 17500, 30, local],
    ])
  })

  it('registers the versions of a definition, and removes them with it', async () => {
    const schema = { openAPIV3Schema: { type: 'object' } }
    const version = (name: string, storage: boolean, served = true) => ({ name, served, storage, schema })
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    const spec = {
      group: 'stable.example.com',
      scope: 'Namespaced',
      names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab' },
      versions: [version('v1', true), version('v1beta1', false), version('v1alpha1', false, false)],
    }
    assert.equal((await k.call('POST', definitions, { metadata: { name: 'crontabs.stable.example.com' }, spec })).code, 201)
    const names = async () => (await list()).map(({ metadata }) => metadata.name).filter((name) => name.endsWith('stable.example.com'))
    await until(async () => ((await names()).length === 2 ? true : undefined))
    const { body } = await k.call('GET', `${path}/v1.stable.example.com`)
    assert.deepEqual([body.metadata.labels[label], body.spec.groupPriorityMinimum, body.spec.versionPriority], ['true', 1000, 100])
    await k.call('DELETE', `${path}/v1beta1.stable.example.com`)
    await until(async () => ((await names()).length === 2 ? true : undefined))
    await k.call('DELETE', `${definitions}/crontabs.stable.example.com`)
    await until(async () => ((await names()).length === 0 ? true : undefined))
  })

  it('prints them as kubectl shows them', async () => {
    const { body } = await k.call('GET', path, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    assert.deepEqual(
      body.columnDefinitions.map(({ name }: { name: string }) => name),
      ['Name', 'Service', 'Available', 'Age'],
    )
    assert.deepEqual(body.rows[0].cells.slice(0, 3), ['v1.', 'Local', 'True'])
  })
})
