// The persistent map against a plain sorted array, with snapshots taken on the way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OrderedMap, prefixEnd } from '../../src/storage/embedded/ordered-map.ts'

const key = fc.integer({ min: 0, max: 400 }).map((n) => `k${n}`)
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key }),
  fc.record({ kind: fc.constant('set' as const), key }),
  fc.record({ kind: fc.constant('delete' as const), key }),
)

function check(map: OrderedMap<string>, model: ReadonlyMap<string, string>): void {
  const keys = [...model.keys()].sort()
  assert.equal(map.size, keys.length)
  assert.deepEqual(
    map.range(''),
    keys.map((each) => model.get(each)),
  )
  for (const probe of ['', 'k2', 'k25', 'k399', 'z']) {
    assert.equal(map.countBefore(probe), keys.filter((each) => each < probe).length)
    assert.equal(map.get(probe), model.get(probe))
    assert.deepEqual(
      map.range(probe, 'k3', 5),
      keys
        .filter((each) => each >= probe && each < 'k3')
        .slice(0, 5)
        .map((each) => model.get(each)),
    )
  }
}

test('the map equals a model, and snapshots do not move', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 900, size: 'max' }), fc.boolean(), (steps, drain) => {
      const map = new OrderedMap<string>()
      const model = new Map<string, string>()
      const snapshots: [OrderedMap<string>, Map<string, string>][] = []
      for (const [n, { kind, key: at }] of steps.entries()) {
        if (n % 150 === 0) snapshots.push([map.snapshot(), new Map(model)])
        if (kind === 'set') {
          map.set(at, `${at}@${n}`)
          model.set(at, `${at}@${n}`)
        } else assert.equal(map.delete(at), model.delete(at))
      }
      check(map, model)
      if (drain) {
        for (const at of [...model.keys()]) assert.ok(map.delete(at) && model.delete(at))
        check(map, model)
      }
      for (const [snapshot, then] of snapshots) check(snapshot, then)
    }),
    { numRuns: 30 },
  )
})

test('keys in order fill the nodes', () => {
  const map = new OrderedMap<number>()
  for (let n = 0; n < 20_000; n++) map.set(`/${String(n).padStart(6, '0')}`, n)
  assert.equal(map.size, 20_000)
  assert.deepEqual(map.range('/012345', undefined, 2), [12345, 12346])
  assert.equal(map.countBefore('/019999'), 19_999)
})

test('the end of a prefix', () => {
  for (const { given, want } of [
    { given: '', want: undefined },
    { given: '/a/', want: '/a0' },
    { given: 'a\uffff', want: 'b' },
    { given: '\uffff', want: undefined },
  ]) {
    assert.equal(prefixEnd(given), want)
  }
})
