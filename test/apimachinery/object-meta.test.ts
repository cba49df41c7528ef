import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldErrorText } from '../../src/apimachinery/api-error.ts'
import { at } from '../../src/apimachinery/field-errors.ts'
import { generateName, safeEncode, validateObjectMeta, validateObjectMetaUpdate } from '../../src/apimachinery/object-meta.ts'

const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }

test('new metadata', () => {
  const table = [
    { given: { name: 'a', namespace: 'n', labels: { a: 'b' } }, want: [] },
    { given: {}, want: ['metadata.name: Required value: name or generateName is required', 'metadata.namespace: Required value'] },
    {
      given: { name: 'a', namespace: 'n', finalizers: ['orphan', 'foregroundDeletion'] },
      want: [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    },
    {
      given: { name: 'a', namespace: 'n', annotations: { A: 'x'.repeat(262144) } },
      want: ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    },
    {
      given: { name: 'a', namespace: 'n', ownerReferences: [{ ...owner, apiVersion: '', kind: '' }] },
      want: [
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
      ],
    },
  ]
  for (const { given, want } of table) assert.deepEqual(validateObjectMeta(given, true, 'dns-subdomain').map(fieldErrorText), want)
  assert.deepEqual(validateObjectMeta({ name: 'a', namespace: 'n' }, false, 'dns-subdomain').map(fieldErrorText), [
    'metadata.namespace: Forbidden: not allowed on this type',
  ])
})

test('one controller only', () => {
  const two = [
    { ...owner, controller: true },
    { ...owner, name: 'q', controller: true },
  ]
  const [error] = validateObjectMeta({ name: 'a', ownerReferences: two }, false, 'dns-subdomain')
  assert.equal(error?.detail, 'Only one reference can have Controller set to true. Found "true" in references for Pod/p and Pod/q')
})

test('updated metadata', () => {
  const old = { name: 'a', uid: 'u', resourceVersion: '1', generation: 2, deletionTimestamp: '2020-01-01T00:00:00Z', finalizers: ['x/y'] }
  const errors = validateObjectMetaUpdate(
    { ...old, uid: 'v', resourceVersion: '', generation: 1, finalizers: ['x/z', 'x/a'] },
    old,
    at('metadata'),
  )
  assert.deepEqual(errors.map(fieldErrorText), [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/a", "x/z"}',
    'metadata.resourceVersion: Invalid value: "": must be specified for an update',
    'metadata.generation: Invalid value: 1: must not be decremented',
    'metadata.uid: Invalid value: "v": field is immutable',
  ])
})

test('generated names', () => {
  assert.equal(
    generateName('web-', () => 0),
    'web-bbbbb',
  )
  assert.equal(generateName('x'.repeat(80), () => 0.999).length, 63)
  assert.equal(safeEncode('0125689'), '4569bdf')
})
