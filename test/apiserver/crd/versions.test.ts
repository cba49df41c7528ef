import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Harness } from '../core/harness.ts'
import { zones } from './definitions.ts'
import { crds, serving, until } from './served.ts'

const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
const merge = { 'content-type': 'application/merge-patch+json' }

let server: Harness
before(async () => {
  server = await serving(zones)
})
after(() => server.close())

test('versions are converted by their name; each has its own defaults, columns and warnings', async () => {
  const made = await server.call('POST', '/apis/dns.example.com/v1beta1/zones', {
    metadata: { name: 'z' },
    spec: { domain: 'd', view: 'v' },
  })
  assert.equal(made.code, 201, made.text)
  assert.deepEqual([made.body.apiVersion, made.body.spec], ['dns.example.com/v1beta1', { domain: 'd', ttl: 60 }])
  assert.ok(String(made.headers['warning']).includes('dns.example.com/v1beta1 Zone is old; use v1'))
  await server.call('PATCH', '/apis/dns.example.com/v1/zones/z', { spec: { view: 'inner' } }, merge)
  const now = await server.call('GET', '/apis/dns.example.com/v1/zones/z')
  assert.deepEqual([now.body.apiVersion, now.body.spec], ['dns.example.com/v1', { domain: 'd', ttl: 60, view: 'inner' }])
  const old = await server.call('GET', '/apis/dns.example.com/v1beta1/zones/z')
  assert.deepEqual([old.body.spec, old.body.metadata.resourceVersion], [{ domain: 'd', ttl: 60 }, now.body.metadata.resourceVersion])
  const columns = async (name: string) => {
    const { body } = await server.call('GET', `/apis/dns.example.com/${name}/zones`, undefined, table)
    return body.columnDefinitions.map((column: { name: string }) => column.name)
  }
  assert.deepEqual(
    [await columns('v1'), await columns('v1beta1')],
    [
      ['Name', 'Domain'],
      ['Name', 'Age'],
    ],
  )
})

test('a new definition changes the hash of its own document alone', async () => {
  const hashes = async () => {
    const { body } = await server.call('GET', '/openapi/v3')
    const entries = Object.entries<{ serverRelativeURL: string }>(body.paths)
    return new Map(entries.map(([key, { serverRelativeURL }]) => [key, serverRelativeURL]))
  }
  const before = await hashes()
  const more = structuredClone(zones) as { metadata: object; spec: object }
  Object.assign(more.metadata, { name: 'records.dns.example.com' })
  Object.assign(more.spec, { names: { plural: 'records', kind: 'Record' } })
  await server.call('POST', crds, more)
  await until(server, '/apis/dns.example.com/v1', (body) => body.resources.length === 2)
  const now = await hashes()
  const changed = [...now].filter(([key, url]) => before.get(key) !== url).map(([key]) => key)
  assert.deepEqual(changed, ['apis/dns.example.com/v1', 'apis/dns.example.com/v1beta1'])
  assert.equal(now.size, before.size)
})
