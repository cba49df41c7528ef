// Objects are turned into JSON once per revision: what /metrics counts grows with writes, and neither with lists nor with watches.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { serializations } from '../../../src/apiserver/codec.ts'
import { apiServerMetrics, metricsRoute } from '../../../src/apiserver/metrics.ts'
import type { Harness } from './harness.ts'
import { configMap, configMaps, start } from './harness.ts'

describe('serialisations', () => {
  const objects = 200
  const metrics = apiServerMetrics(0)
  let k: Harness

  before(async () => {
    k = await start({}, { routes: [metricsRoute(metrics)] })
  })
  after(async () => {
    metrics.close()
    await k.close()
  })

  const counted = async (form: string) => {
    const { text } = await k.call('GET', '/metrics')
    return Number(new RegExp(`^k8ts_object_serializations_total\\{form="${form}"\\} (\\d+)$`, 'm').exec(text)?.[1])
  }

  test('one for each write; none for lists, gets and watches of the same revisions', async () => {
    const begun = await counted('stored')
    const watches = await Promise.all([1, 2, 3].map(() => k.watch(`${configMaps}?watch=true`)))
    for (let i = 0; i < objects; i++) await k.call('POST', configMaps, configMap(`object-${i}`))
    for (const watch of watches) assert.equal((await watch.take(objects)).length, objects)
    const written = await counted('stored')
    assert.equal(written - begun, objects)
    for (let i = 0; i < 3; i++) {
      assert.equal((await k.call('GET', configMaps)).body.items.length, objects)
      assert.equal((await k.call('GET', `${configMaps}/object-${i}`)).code, 200)
      const late = await k.watch(`${configMaps}?watch=true`)
      assert.equal((await late.take(objects)).length, objects)
      late.stop()
    }
    assert.equal(await counted('stored'), written)
    assert.equal(await counted('converted'), serializations.converted)
    for (const watch of watches) watch.stop()
  })

  test('a change is one more', async () => {
    const before = await counted('stored')
    await k.call('PUT', `${configMaps}/object-0`, configMap('object-0', { changed: 'yes' }))
    await k.call('GET', configMaps)
    assert.equal(await counted('stored'), before + 1)
  })
})
