// Laws of server-side apply over random configurations of two managers: who owns what, what a dropped field and a force do.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { deepFreeze } from '../../../src/apimachinery/json.ts'
import { type Applied, applyPatch } from '../../../src/apimachinery/patch/apply.ts'
import type { JsonObject } from '../../../src/apimachinery/patch/json-values.ts'
import { schemaOf } from '../../../src/apimachinery/schema/from-openapi.ts'

const schema = schemaOf('io.k8s.api.core.v1.ConfigMap')
const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'x.y'), fc.constantFrom('1', '2', ''), {
  noNullPrototype: true,
})
const runs = { numRuns: 300, seed: 20260301 }

function apply(live: Applied | undefined, manager: string, given: Record<string, string>, force = false): Applied {
  const present =
    live && deepFreeze({ ...live.object, metadata: { ...(live.object.metadata as JsonObject), managedFields: live.managedFields ?? [] } })
  const patch: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: given }
  return applyPatch({ live: present, patch, manager, force, apiVersion: 'v1', kind: 'ConfigMap', now: 1_000, schema })
}

const entries = ({ object }: Applied) => new Map(Object.entries((object.data ?? {}) as Record<string, string>))

function owned({ managedFields }: Applied, manager: string): Set<string> {
  const fields = managedFields?.find((entry) => entry.manager === manager)?.fieldsV1 as JsonObject | undefined
  const below = Object.keys((fields?.['f:data'] ?? {}) as JsonObject)
  return new Set(below.filter((name) => name.startsWith('f:')).map((name) => name.slice(2)))
}

test('force gives every applied field to the forcing manager; equal values are shared, others change hands', () => {
  fc.assert(
    fc.property(data, data, (mine, theirs) => {
      const after = apply(apply(undefined, 'm', mine), 'n', theirs, true)
      assert.deepEqual(entries(after), new Map([...Object.entries(mine), ...Object.entries(theirs)]))
      assert.deepEqual(owned(after, 'n'), new Set(Object.keys(theirs)))
      const kept = Object.keys(mine).filter((key) => !Object.hasOwn(theirs, key) || theirs[key] === mine[key])
      assert.deepEqual(owned(after, 'm'), new Set(kept))
    }),
    runs,
  )
})

test('without force a different value is a conflict, and nothing else is', () => {
  fc.assert(
    fc.property(data, data, (mine, theirs) => {
      const before = apply(undefined, 'm', mine)
      const clash = Object.keys(theirs).some((key) => Object.hasOwn(mine, key) && mine[key] !== theirs[key])
      if (clash) assert.throws(() => apply(before, 'n', theirs), { reason: 'Conflict' })
      else assert.deepEqual(entries(apply(before, 'n', theirs)), new Map([...Object.entries(mine), ...Object.entries(theirs)]))
    }),
    runs,
  )
})

test('who applies less loses exactly what nobody else owns', () => {
  fc.assert(
    fc.property(data, data, data, (mine, theirs, later) => {
      const both = apply(apply(undefined, 'm', mine), 'n', theirs, true)
      const after = apply(both, 'm', later, true)
      assert.deepEqual(entries(after), new Map([...Object.entries(theirs), ...Object.entries(later)]))
      assert.deepEqual(owned(after, 'm'), new Set(Object.keys(later)))
    }),
    runs,
  )
})

test('disjoint appliers commute, each of them twice or once', () => {
  fc.assert(
    fc.property(data, data, fc.boolean(), (mine, others, twice) => {
      const theirs = Object.fromEntries(Object.entries(others).filter(([key]) => !Object.hasOwn(mine, key)))
      const again = (state: Applied, manager: string, given: Record<string, string>) => (twice ? apply(state, manager, given) : state)
      const one = again(apply(again(apply(undefined, 'm', mine), 'm', mine), 'n', theirs), 'n', theirs)
      const other = apply(apply(undefined, 'n', theirs), 'm', mine)
      assert.deepEqual(entries(one), entries(other))
      for (const manager of ['m', 'n']) assert.deepEqual(owned(one, manager), owned(other, manager))
    }),
    runs,
  )
})
