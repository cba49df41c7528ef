// The four kinds of patches, made at random, on random objects: applied or refused, never a crash; the object they start from stays as it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deepFreeze } from '../../src/apimachinery/json.ts'
import type { ManagedFieldsEntry } from '../../src/apimachinery/meta.ts'
import { applyPatch } from '../../src/apimachinery/patch/apply.ts'
import { applyJsonPatch } from '../../src/apimachinery/patch/json-patch.ts'
import { recordUpdate } from '../../src/apimachinery/patch/managed-fields.ts'
import { applyMergePatch, createMergePatch } from '../../src/apimachinery/patch/merge-patch.ts'
import { applyStrategicPatch } from '../../src/apimachinery/patch/strategic.ts'
import { decode } from '../../src/apimachinery/schema/decode.ts'
import { anyJson, fuzz, kindAndObject, kindAndObjects, refusable } from './fuzzing.ts'

type Fields = Record<string, unknown>

/** JSON pointers into an object: real ones, and others. */
function pointersOf(object: unknown, prefix = ''): string[] {
  if (typeof object !== 'object' || object === null) return [prefix]
  const below = Object.entries(object).flatMap(([key, value]) =>
    pointersOf(value, `${prefix}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
  return [prefix, ...below]
}

test('JSON patches are applied or refused', (t) => {
  const patched = kindAndObject.chain((entry) => {
    const pointer = fc.oneof(
      fc.constantFrom(...pointersOf(entry.object)),
      fc.constantFrom('', '/', '/-', '/__proto__/x', '/constructor/prototype/x', '/metadata/__proto__', '/0', '/~2', 'x'),
      fc
        .tuple(fc.constantFrom(...pointersOf(entry.object)), fc.constantFrom('/-', '/0', '/-1', '/x', '/__proto__', '/99'))
        .map((two) => two.join('')),
    )
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
      path: pointer,
      from: pointer,
      value: anyJson,
    })
    return fc
      .oneof(fc.array(operation, { maxLength: 6 }), fc.array(anyJson, { maxLength: 2 }), anyJson)
      .map((patch) => ({ ...entry, patch }))
  })
  fuzz(t, 150, patched, ({ schema, object, patch }) => {
    const value = refusable(() => applyJsonPatch(deepFreeze(object), patch))
    if (value !== undefined) refusable(() => decode(value, schema))
  })
})

test('merge patches are applied or refused; the one made of two objects leads from one to the other', (t) => {
  fuzz(t, 100, fc.tuple(kindAndObjects, anyJson), ([{ schema, object, other }, patch]) => {
    const value = refusable(() => applyMergePatch(deepFreeze(object), patch))
    if (value !== undefined) refusable(() => decode(value, schema))
    refusable(() => applyMergePatch(object, { ...other, metadata: patch, spec: patch }))
    const withoutNulls = applyMergePatch({}, other) as Fields
    assert.deepEqual(applyMergePatch(object, createMergePatch(object, withoutNulls)), withoutNulls)
  })
})

test('strategic merge patches are applied or refused', (t) => {
  fuzz(t, 100, fc.tuple(kindAndObjects, anyJson), ([{ schema, object, other }, patch]) => {
    deepFreeze(object)
    for (const given of [other, patch, { ...other, spec: patch }, { spec: patch, metadata: patch }]) {
      if (typeof given !== 'object' || given === null || Array.isArray(given)) continue
      const value = refusable(() => applyStrategicPatch(object, given as Fields, schema))
      if (value !== undefined) refusable(() => decode(value, schema))
    }
  })
})

const manager = fc.constantFrom('a', 'b', 'kubectl', '__proto__')
const entries = fc.oneof(
  fc.constant(undefined),
  anyJson,
  fc.array(
    fc.record({
      manager,
      operation: fc.constantFrom('Apply', 'Update', 'x'),
      apiVersion: fc.constantFrom('v1', 'apps/v1', '__proto__', ''),
      fieldsType: fc.constantFrom('FieldsV1', ''),
      time: fc.constantFrom('2026-01-02T03:04:05Z', 'x'),
      fieldsV1: fc.oneof(
        anyJson,
        fc.constantFrom({ 'f:spec': {} }, { 'f:metadata': { 'f:labels': { 'f:a': {} } } }, { 'k:{"name":"a"}': {} }, { 'v:[[': {} }),
      ),
    }),
    { maxLength: 3 },
  ),
)

test('server-side apply of mutated objects over odd managedFields is done or refused', (t) => {
  const given = fc.tuple(kindAndObjects, entries, anyJson, manager, fc.boolean())
  fuzz(t, 100, given, ([{ kind, schema, object, other }, managedFields, part, name, force]) => {
    const type = { kind: kind.kind, apiVersion: kind.apiVersion }
    const metadata = { name: 'a', ...(object['metadata'] as object), managedFields }
    const live = refusable(() => decode({ ...object, metadata }, schema).object as Fields)
    if (live === undefined) return
    deepFreeze(live)
    const common = { ...type, now: 0, schema }
    for (const patch of [
      { ...other, ...type },
      { ...other, ...type, spec: part },
      { ...type, metadata: part },
    ]) {
      const applied = refusable(() => applyPatch({ ...common, live, patch, manager: name, force }))
      if (applied === undefined) continue
      const again = { ...applied.object, metadata: { ...(applied.object['metadata'] as object), managedFields: applied.managedFields } }
      refusable(() => applyPatch({ ...common, live: again, patch, manager: name, force }))
    }
    const updated = refusable(() => decode({ ...other, metadata }, schema).object as Fields)
    if (updated === undefined) return
    const recorded: ManagedFieldsEntry[] | undefined = recordUpdate({ ...common, live, updated, manager: name })
    assert.ok(recorded === undefined || Array.isArray(recorded))
  })
})
