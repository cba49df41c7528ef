// How endpoints are spread over slices: few changes, no slice over its limit, nobody lost. As properties, over random histories.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { distributed, endpointKey, maxEndpoints, recycled } from '../../controllers/shared/endpoint-slices.ts'
import type { Endpoint, EndpointSlice } from '../../openapi/types/discovery/v1.ts'

const endpoint = (n: number): Endpoint => ({ addresses: [`10.0.${n >> 8}.${n & 255}`], conditions: { ready: true } })
let made = 0
const make = (): EndpointSlice => ({ metadata: { name: `s${made++}`, labels: {} }, addressType: 'IPv4', ports: [], endpoints: [] })

function applied(slices: readonly EndpointSlice[], wanted: readonly number[]): { slices: EndpointSlice[]; touched: number } {
  const changes = distributed(slices, wanted.map(endpoint), {}, make)
  const named = (slice: EndpointSlice) => slice.metadata?.name
  const gone = new Set(changes.delete.map(named))
  const fresh = new Map(changes.update.map((slice) => [named(slice), slice]))
  const kept = slices.filter((slice) => !gone.has(named(slice))).map((slice) => fresh.get(named(slice)) ?? slice)
  return { slices: [...kept, ...changes.create], touched: changes.create.length + changes.update.length + changes.delete.length }
}

const keys = (slices: readonly EndpointSlice[]) => slices.flatMap(({ endpoints }) => (endpoints ?? []).map(endpointKey)).sort()

test('every endpoint is in one slice, no slice is too full, and a second look changes nothing', () => {
  const sets = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 350 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(sets, (history) => {
      let slices: EndpointSlice[] = []
      for (const wanted of history) {
        slices = applied(slices, wanted).slices
        assert.deepEqual(keys(slices), wanted.map((n) => endpointKey(endpoint(n))).sort())
        assert.ok(slices.every(({ endpoints }) => (endpoints ?? []).length <= maxEndpoints))
        assert.equal(applied(slices, wanted).touched, 0)
      }
    }),
    { numRuns: 25 },
  )
})

test('one endpoint more changes one slice', () => {
  const range = (n: number) => Array.from({ length: n }, (_, i) => i)
  const { slices } = applied([], range(250))
  assert.deepEqual(
    slices.map(({ endpoints }) => endpoints?.length),
    [100, 100, 50],
  )
  const more = applied(slices, [...range(250), 300])
  assert.equal(more.touched, 1)
  assert.equal(more.slices[2]?.endpoints?.length, 51)
  const swapped = applied(slices, [...range(249), 300])
  assert.equal(swapped.touched, 1, 'the slice that loses one takes the new one')
  const full = applied(slices, [...range(250), ...range(60).map((i) => 300 + i)])
  assert.deepEqual([full.touched, full.slices.length], [1, 4], 'sixty fit nowhere whole: a new slice, none else touched')
})

test('slices to be deleted take up what is to be created', () => {
  const [a, b, c] = [make(), make(), { ...make(), addressType: 'IPv6' }]
  const fresh = { ...make(), endpoints: [endpoint(1)] }
  const { create, update, delete: removed } = recycled({ create: [fresh], update: [], delete: [c, a, b] }, (slice) => slice !== a)
  assert.deepEqual([create, removed], [[], [c, a]])
  assert.deepEqual([update[0]?.metadata?.name, update[0]?.endpoints?.length], [b.metadata?.name, 1])
})
