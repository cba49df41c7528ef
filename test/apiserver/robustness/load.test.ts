// Much of everything: many writers of one object, thousands of objects in every form, heavy selectors, deletion of all; and what must never
// be told (guarantees 5.2: 17, 21).
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Attacked, authorization, calmly, startAttacked } from './attacked-server.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const mergePatch = { 'content-type': 'application/merge-patch+json' }
const json = { 'content-type': 'application/json' }

let k: Attacked
before(async () => {
  k = await startAttacked()
})
after(() => k.close())

describe('a storm of writers on one object', () => {
  it('loses no patch', async () => {
    await k.admin('POST', maps, { metadata: { name: 'storm' } }, json)
    const patches = Array.from({ length: 64 }, (_, i) => k.admin('PATCH', `${maps}/storm`, { data: { [`k${i}`]: 'x' } }, mergePatch))
    const codes = await calmly(async () => (await Promise.all(patches)).map(({ code }) => code))
    assert.deepEqual(new Set(codes), new Set([200]))
    assert.equal(Object.keys((await k.admin('GET', `${maps}/storm`)).body.data).length, 64)
  })
  it('lets one of many updates of the same revision win', async () => {
    const { body } = await k.admin('GET', `${maps}/storm`)
    const updates = Array.from({ length: 32 }, (_, i) => k.admin('PUT', `${maps}/storm`, { ...body, data: { winner: String(i) } }, json))
    const codes = (await Promise.all(updates)).map(({ code }) => code)
    assert.deepEqual([codes.filter((code) => code === 200).length, codes.filter((code) => code === 409).length], [1, 31])
  })
})

describe('thousands of objects', () => {
  const count = 2000
  before(async () => {
    for (let i = 0; i < count; i += 100) {
      const some = Array.from({ length: 100 }, (_, n) => ({
        metadata: { name: `m${i + n}`, labels: { app: `a${n % 7}` } },
        data: { a: 'x'.repeat(200) },
      }))
      await Promise.all(some.map((body) => k.admin('POST', maps, body, json)))
    }
  })
  const terms = (of: (i: number) => string) => encodeURIComponent(Array.from({ length: 3000 }, (_, i) => of(i)).join(','))
  for (const { name, query = '', accept = 'application/json' } of [
    { name: 'JSON' },
    { name: 'pretty JSON', query: '?pretty=1' },
    { name: 'YAML', accept: 'application/yaml' },
    { name: 'a Table', accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    { name: 'partial metadata', accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
    { name: 'a selector of 3000 terms', query: `?labelSelector=${terms((i) => `app!=x${i}`)}` },
    { name: 'a field selector of 3000 terms', query: `?fieldSelector=${terms((i) => `metadata.name!=x${i}`)}` },
    { name: 'one page of what hardly matches', query: '?limit=5&labelSelector=app%3Dnone' },
  ]) {
    it(`are listed as ${name} with the loop free`, async () => {
      const { code, text } = await calmly(() => k.ask('GET', maps + query, undefined, { accept }))
      assert.equal(code, 200)
      if (query === '' || query === '?pretty=1') assert.equal(text.split(/m\d+["\n]/).length > count, true)
    })
  }
  it('are watched from the beginning with a selector of 3000 terms', async () => {
    const socket = await k.open()
    let added = 0
    socket.on('error', () => {}).on('data', (piece) => (added += piece.toString().split('"type":"ADDED"').length - 1))
    socket.write(
      `GET ${maps}?watch=1&labelSelector=${terms((i) => `app!=x${i}`)} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`,
    )
    await calmly(async () => {
      for (let i = 0; i < 300 && added < count; i++) await wait(10)
    })
    assert.ok(added > count * 0.99, String(added))
    socket.destroy()
  })
  it('are deleted as a collection', async () => {
    const { code } = await calmly(() => k.ask('DELETE', maps))
    assert.equal(code, 200)
    assert.deepEqual((await k.ask('GET', maps)).body.items, [])
  })
})
