// Every built-in kind obeys its shape: names, columns, defaults and selectors that the schema knows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinKinds } from '../src/api/index.ts'
import type { Kind } from '../src/apimachinery/kind.ts'
import { allVerbs, Registry } from '../src/apimachinery/kind.ts'
import { hasSchema, schemaOf } from '../src/apimachinery/schema/from-openapi.ts'
import type { Schema } from '../src/apimachinery/schema/schema.ts'

const named = (kind: Kind): string => `${kind.apiVersion} ${kind.kind}`
const problems = (check: (kind: Kind) => unknown[]): string[] =>
  builtinKinds.flatMap((kind) => check(kind).map((what) => `${named(kind)}: ${String(what)}`))

/** What a path of `defaults` leads to, or undefined. */
function schemaAt(schema: Schema | undefined, path: readonly string[]): Schema | undefined {
  const [part, ...rest] = path
  if (part === undefined || schema === undefined) return schema
  if (part === '*') return typeof schema.additionalProperties === 'object' ? schemaAt(schema.additionalProperties, rest) : undefined
  const each = part.endsWith('[*]')
  const field = schema.properties?.[each ? part.slice(0, -3) : part]
  return schemaAt(each ? field?.items : field, rest)
}

test('all kinds of the served groups are there', () => {
  assert.equal(builtinKinds.length, new Set(builtinKinds.map(named)).size)
  const groups = [...new Set(builtinKinds.map(({ group, version }) => `${group}/${version}`))].filter((group) => group !== '/v1')
  assert.deepEqual(groups, [
    'admissionregistration.k8s.io/v1',
    'apiextensions.k8s.io/v1',
    'apiregistration.k8s.io/v1',
    'apps/v1',
    'authentication.k8s.io/v1',
    'authorization.k8s.io/v1',
    'autoscaling/v2',
    'batch/v1',
    'certificates.k8s.io/v1',
    'coordination.k8s.io/v1',
    'discovery.k8s.io/v1',
    'flowcontrol.apiserver.k8s.io/v1',
    'metrics.k8s.io/v1beta1',
    'networking.k8s.io/v1',
    'node.k8s.io/v1',
    'policy/v1',
    'rbac.authorization.k8s.io/v1',
    'resource.k8s.io/v1',
    'scheduling.k8s.io/v1',
    'storage.k8s.io/v1',
  ])
})

test('every kind and every served version has a schema', () => {
  const missing = problems((kind) =>
    [kind.schemaName, ...(kind.served ?? []).map(({ schemaName }) => schemaName)].filter((name) => name !== undefined && !hasSchema(name)),
  )
  assert.deepEqual(missing, [])
})

test('path words, short names and categories are lower case and unique', () => {
  const short = new Map<string, string>()
  const found = problems((kind) => {
    const words = [kind.resource, kind.singular, ...(kind.shortNames ?? [])]
    // metrics-server's resources have no singular: `node` and `pod` are names of the core group
    const bad = words.filter((word) => !/^[a-z]+$/.test(word) && !(word === '' && kind.group === 'metrics.k8s.io'))
    for (const word of kind.shortNames ?? []) {
      if (short.has(word)) bad.push(`${word} is ${short.get(word)} too`)
      short.set(word, named(kind))
    }
    return bad
  })
  assert.deepEqual(found, [])
})

test('the registry finds every kind by path and by body words', () => {
  const registry = new Registry(builtinKinds)
  for (const kind of builtinKinds) {
    assert.equal(registry.byResource(kind.group, kind.version, kind.resource)?.kind, kind)
    assert.equal(registry.byKind(kind.apiVersion, kind.kind)?.kind, kind)
  }
})

test('verbs are known, and reviews are only created', () => {
  const found = problems((kind) => [
    ...kind.verbs.filter((verb) => !allVerbs.includes(verb)),
    ...(kind.ephemeral && kind.verbs.join() !== 'create' ? [kind.verbs.join()] : []),
  ])
  assert.deepEqual(found, [])
})

test('columns have names of their own and a cell even for an empty object', () => {
  const found = problems((kind) => {
    const names = (kind.columns ?? []).map(({ name }) => name)
    const twice = names.filter((name, index) => names.indexOf(name) < index)
    for (const column of kind.columns ?? []) {
      const cell = column.value({ metadata: {} }, 0)
      if (!['string', 'number', 'boolean'].includes(typeof cell)) twice.push(`${column.name} gives ${String(cell)}`)
    }
    return twice
  })
  assert.deepEqual(found, [])
})

test('defaults and immutable fields name fields of the schema', () => {
  const found = problems((kind) => {
    const paths = [...Object.keys(kind.defaults ?? {}), ...(kind.immutable ?? [])]
    return paths.filter((path) => schemaAt(schemaOf(kind.schemaName), path.split('.')) === undefined)
  })
  assert.deepEqual(found, [])
})

test('status and scale stand where the schema has the fields', () => {
  const found = problems((kind) => {
    const schema = schemaOf(kind.schemaName)
    const { status, scale } = kind.subresources
    const paths = [scale?.specReplicasPath, scale?.statusReplicasPath, scale?.labelSelectorPath].filter((path) => path !== undefined)
    return [
      ...(status && schema.properties?.['status'] === undefined ? ['status'] : []),
      ...paths.filter((path) => schemaAt(schema, path.slice(1).split('.')) === undefined),
    ]
  })
  assert.deepEqual(found, [])
})

test('rules, defaults and selectors bear an object that has nothing but a name', () => {
  const context = { now: 0, userName: 'jane', dryRun: false }
  for (const kind of builtinKinds) {
    const object = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: 'a' } }
    const draft = structuredClone(object)
    kind.computeDefaults?.(draft)
    assert.ok(Array.isArray(kind.validate?.(draft) ?? []), named(kind))
    assert.ok(Array.isArray(kind.validateCreate?.(draft) ?? []), named(kind))
    assert.ok(Array.isArray(kind.validateUpdate?.(draft, object) ?? []), named(kind))
    assert.ok(Array.isArray(kind.validateStatusUpdate?.(draft, object) ?? []), named(kind))
    for (const select of Object.values(kind.selectableFields ?? {})) assert.equal(typeof select(object), 'string', named(kind))
    assert.ok(kind.prepareForUpdate === undefined || kind.prepareForUpdate(draft, structuredClone(draft), context) === undefined)
  }
})

test('versions convert to the stored form and back', () => {
  for (const kind of builtinKinds) {
    for (const served of kind.served ?? []) {
      const given = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: 'a' } }
      const shown = served.fromStorage(structuredClone(given))
      assert.equal(shown.apiVersion, `${served.group === '' ? '' : `${served.group}/`}${served.version}`)
      assert.equal(served.toStorage(shown).apiVersion, kind.apiVersion)
      assert.equal(served.toStorage(shown).metadata?.name, 'a')
    }
  }
})
