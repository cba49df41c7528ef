// Bodies of every kind, whole and spoiled: read or refused, never a crash; and what is whole survives JSON, YAML and protobuf.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonError, parseJson, stringifyJson } from '../../src/apimachinery/json.ts'
import { duplicateKeys } from '../../src/apimachinery/json-syntax.ts'
import { jsonWeight, valueWeight } from '../../src/apimachinery/json-weight.ts'
import { decodeProtobuf } from '../../src/apimachinery/protobuf/decode.ts'
import { encodeProtobuf } from '../../src/apimachinery/protobuf/encode.ts'
import { decodeEnvelope, encodeEnvelope } from '../../src/apimachinery/protobuf/envelope.ts'
import { decode } from '../../src/apimachinery/schema/decode.ts'
import { parseYaml, YamlError } from '../../src/apimachinery/schema/yaml.ts'
import { withDefaults } from '../../src/apiserver/schemas.ts'
import { yamlText } from '../../src/apiserver/yaml-text.ts'
import { anyJson, fuzz, kindAndObject, refusable, spoiled } from './fuzzing.ts'

const validation = fc.constantFrom('Ignore', 'Warn', 'Strict')
const json = kindAndObject.chain((entry) =>
  spoiled(fc.constant(Buffer.from(stringifyJson(entry.object)))).map((bytes) => ({ ...entry, bytes })),
)

test('spoiled JSON is read or refused; what is read is decoded and defaulted, or refused', (t) => {
  fuzz(t, 200, fc.tuple(json, validation), ([{ kind, schema, bytes }, fieldValidation]) => {
    const duplicates: string[] = []
    const value = refusable(() => parseJson(bytes, { onDuplicate: (path) => duplicates.push(path) }), JsonError)
    if (value === undefined) return
    assert.deepEqual(new Set(duplicates), new Set(duplicateKeys(bytes.toString())))
    const decoded = refusable(() => decode(value, schema, { fieldValidation, duplicates }))
    if (decoded === undefined) return
    const { object } = decoded
    assert.deepEqual(decode(object, schema, { fieldValidation: 'Strict' }).object, object)
    withDefaults(kind, structuredClone(object))
  })
})

test('any JSON is decoded as any kind, or refused', (t) => {
  fuzz(t, 150, fc.tuple(kindAndObject, anyJson, anyJson), ([{ kind, schema, object }, one, other]) => {
    for (const value of [one, { ...object, spec: one, metadata: other }, { ...object, metadata: { labels: one, annotations: other } }]) {
      const decoded = refusable(() => decode(value, schema))
      if (decoded !== undefined) withDefaults(kind, decoded.object)
    }
  })
})

test('spoiled YAML is read or refused', (t) => {
  const yaml = spoiled(
    fc
      .oneof(
        kindAndObject.map(({ object }) => object),
        anyJson.map((value) => ({ value })),
      )
      .map((value) => Buffer.from(yamlText(value))),
  )
  fuzz(t, 75, yaml, (bytes) => {
    const value = refusable(() => parseYaml(bytes, { onDuplicate: () => {} }), YamlError)
    if (value !== undefined) parseJson(stringifyJson(value))
  })
})

test('spoiled protobuf is read or refused', (t) => {
  const protobuf = kindAndObject.chain(({ kind, schema, object }) =>
    spoiled(fc.constant(encodeEnvelope(kind.apiVersion, kind.kind, encodeProtobuf(object, schema)))).map((bytes) => ({
      kind,
      schema,
      bytes,
    })),
  )
  fuzz(t, 150, protobuf, ({ schema, bytes }) => {
    const value = refusable(() => decodeProtobuf(decodeEnvelope(bytes).raw, schema))
    if (value !== undefined) refusable(() => decode(value, schema, { fieldValidation: 'Ignore' }))
  })
})

test('the protobuf of one kind is read or refused as another', (t) => {
  fuzz(t, 50, fc.tuple(kindAndObject, kindAndObject), ([a, b]) => {
    const value = refusable(() => decodeProtobuf(encodeProtobuf(a.object, a.schema), b.schema))
    if (value !== undefined) refusable(() => decode(value, b.schema, { fieldValidation: 'Ignore' }))
  })
})

test('an object is the same after JSON, YAML and protobuf', (t) => {
  fuzz(t, 75, kindAndObject, ({ schema, object: given }) => {
    const { object } = decode(given, schema, { fieldValidation: 'Strict' })
    const { kind: _kind, apiVersion: _apiVersion, ...fields } = object
    const decoded = (value: unknown) => decode(value, schema, { fieldValidation: 'Strict' }).object
    assert.deepEqual(decoded(parseJson(stringifyJson(object))), object)
    assert.deepEqual(decoded(parseYaml(yamlText(object))), object)
    assert.deepEqual({ ...decoded(decodeProtobuf(encodeProtobuf(fields, schema), schema)), kind: _kind, apiVersion: _apiVersion }, object)
  })
})

test('the weight of a value is that of its text', (t) => {
  fuzz(
    t,
    100,
    fc.oneof(
      anyJson,
      kindAndObject.map(({ object }) => object),
    ),
    (value) => {
      const plain = parseJson(stringifyJson(value)) as object
      assert.equal(valueWeight(plain, 1e9), jsonWeight(Buffer.from(stringifyJson(plain)), 1e9))
    },
  )
})
