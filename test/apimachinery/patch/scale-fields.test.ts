import assert from 'node:assert/strict'
import test from 'node:test'
import type { ManagedFieldsEntry } from '../../../src/apimachinery/meta.ts'
import { parentManagedFields, scaleManagedFields } from '../../../src/apimachinery/patch/scale-fields.ts'

const paths = { 'apps/v1': '.spec.replicas' }
const entry = (
  manager: string,
  apiVersion: string,
  fieldsV1: Record<string, unknown>,
  more: ManagedFieldsEntry = {},
): ManagedFieldsEntry => ({
  manager,
  operation: 'Update',
  apiVersion,
  time: '1970-01-01T00:00:01Z',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
})
const replicas = { 'f:spec': { 'f:replicas': {} } }
const parent = [
  entry('a', 'apps/v1', { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } }),
  entry('b', 'apps/v1', { 'f:spec': { 'f:paused': {} } }),
  entry('old', 'apps/v1beta1', replicas),
]

test('a Scale shows the owners of replicas', () => {
  assert.deepEqual(scaleManagedFields(parent, paths), [entry('a', 'autoscaling/v1', replicas)])
})

test('an unchanged Scale leaves the parent as it was, but for versions that are gone', () => {
  assert.deepEqual(parentManagedFields(parent, scaleManagedFields(parent, paths), 'apps/v1', paths), parent.slice(0, 2))
})

test('who takes replicas in the Scale takes them from the owner in the parent', () => {
  const scale = [entry('hpa', 'autoscaling/v1', replicas, { subresource: 'scale', time: '1970-01-01T00:00:02Z' })]
  assert.deepEqual(parentManagedFields(parent, scale, 'apps/v1', paths), [
    { manager: 'hpa', operation: 'Update', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1: replicas, subresource: 'scale' },
    entry('a', 'apps/v1', { 'f:spec': { 'f:paused': {} } }),
    entry('b', 'apps/v1', { 'f:spec': { 'f:paused': {} } }),
  ])
})
