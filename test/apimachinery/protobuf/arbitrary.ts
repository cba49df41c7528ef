// Random values of a schema, in the form in which Go's JSON encoder would write them.
import fc from 'fast-check'
import type { Schema } from '../../../src/apimachinery/schema/schema.ts'

const text = fc.string({ minLength: 1, maxLength: 4 })

/** An object of a struct schema, three levels deep at most. */
export function arbitraryOf(schema: Schema, depth = 3): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(schema.properties ?? {}).filter(([, field]) => field.proto !== undefined)
  const known: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [name, field] of fields) {
    const value = arbitraryValue(field, depth - 1)
    if (value) known[name] = value
  }
  return fc.record(known, { requiredKeys: [], noNullPrototype: true })
}

/** Undefined when the depth does not suffice. */
function arbitraryValue(schema: Schema, depth: number): fc.Arbitrary<unknown> | undefined {
  const special = schema.format === undefined ? undefined : formats[schema.format]
  if (special) return special
  if (schema.type === 'string') return text
  if (schema.type === 'boolean') return schema.pointer || !schema.omitEmpty ? fc.boolean() : fc.constant(true)
  if (schema.type === 'integer') return fc.integer({ min: schema.pointer ? -5 : 1, max: 2 ** 31 - 1 })
  if (schema.type === 'number') return fc.constant(1.5)
  if (schema.preserveUnknownFields || depth <= 0) return undefined
  if (schema.type === 'array')
    return listOf(arbitraryValue(schema.items!, depth), (value) => fc.array(value, { minLength: 1, maxLength: 2 }))
  if (schema.additionalProperties) {
    return listOf(arbitraryValue(schema.additionalProperties as Schema, depth), (value) =>
      fc.dictionary(text, value, { minKeys: 1, maxKeys: 2, noNullPrototype: true }),
    )
  }
  return schema.omitZero && !schema.pointer ? undefined : arbitraryOf(schema, depth)
}

function listOf(
  value: fc.Arbitrary<unknown> | undefined,
  make: (value: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> | undefined {
  return value && make(value)
}

const formats: Record<string, fc.Arbitrary<unknown>> = {
  byte: fc.constant('AQID'),
  'date-time': fc.constantFrom('2026-01-02T03:04:05Z', '1969-12-31T23:59:59Z'),
  'micro-time': fc.constantFrom('2026-01-02T03:04:05.000001Z', '2026-01-02T03:04:05.999999Z'),
  duration: fc.constantFrom('1h2m3s', '1.5ms', '-2s', '0s'),
  quantity: fc.constantFrom('1', '500m', '2Gi'),
  'int-or-string': fc.oneof(fc.integer({ min: -5, max: 5 }), text),
  'fields-v1': fc.constant({ 'f:spec': { '.': {} } }),
  'raw-extension': fc.constant({ kind: 'X', list: [1, null] }),
  json: fc.constantFrom(1, 'x', true, { a: [] }),
  'json-schema-or-bool': fc.boolean(),
  'json-schema-or-array': fc.constantFrom({ type: 'string' }, [{ type: 'string' }, { type: 'integer' }]),
  'json-schema-or-string-array': fc.constantFrom({ type: 'string' }, ['a', 'b']),
}
