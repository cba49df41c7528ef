// OpenAPI v2 as protobuf, the only form kubectl before 1.29 understands: message openapi.v2.Document of gnostic's OpenAPIv2.proto.
// The message layouts are data; free values (x-…, enum, default) travel as YAML text, for which JSON is good enough.
import { isObject } from '../json.ts'
import { finish, newWriter, type Writer, writeDoubleField, writeMessageField, writeStringField, writeVarintField } from './writer.ts'

/** How a JSON value becomes a field: [number, kind]. `messages` names a nested layout. */
type FieldLayout = readonly [number: number, kind: FieldKind, layout?: string]
/** `named`: a map as repeated {1: name, 2: value}; `free`: Any {2: yaml}; `frees`: a list of them. */
type FieldKind = 'string' | 'strings' | 'bool' | 'int' | 'double' | 'free' | 'frees' | 'message' | 'messages' | 'custom'

interface MessageLayout {
  fields: Record<string, FieldLayout>
  /** Number of the repeated NamedAny for x-… keys. */
  extensions?: number
}

const limits = (first: number): Record<string, FieldLayout> => ({
  maximum: [first, 'double'],
  exclusiveMaximum: [first + 1, 'bool'],
  minimum: [first + 2, 'double'],
  exclusiveMinimum: [first + 3, 'bool'],
  maxLength: [first + 4, 'int'],
  minLength: [first + 5, 'int'],
  pattern: [first + 6, 'string'],
  maxItems: [first + 7, 'int'],
  minItems: [first + 8, 'int'],
  uniqueItems: [first + 9, 'bool'],
})
const named: Record<string, FieldLayout> = { required: [1, 'bool'], in: [2, 'string'], description: [3, 'string'], name: [4, 'string'] }
/** Query and form parameters have allowEmptyValue, so their numbers are one higher from there on. */
const parameterFields = (shift: number): Record<string, FieldLayout> => ({
  ...named,
  type: [5 + shift, 'string'],
  format: [6 + shift, 'string'],
  default: [9 + shift, 'free'],
  ...limits(10 + shift),
  enum: [20 + shift, 'frees'],
  multipleOf: [21 + shift, 'double'],
})

const layouts: Record<string, MessageLayout> = {
  document: {
    fields: {
      swagger: [1, 'string'],
      info: [2, 'message', 'info'],
      host: [3, 'string'],
      basePath: [4, 'string'],
      schemes: [5, 'strings'],
      consumes: [6, 'strings'],
      produces: [7, 'strings'],
      security: [12, 'custom'],
      securityDefinitions: [13, 'custom'],
      tags: [14, 'messages', 'tag'],
    },
    extensions: 16,
  },
  info: {
    fields: { title: [1, 'string'], version: [2, 'string'], description: [3, 'string'], termsOfService: [4, 'string'] },
    extensions: 7,
  },
  tag: { fields: { name: [1, 'string'], description: [2, 'string'] }, extensions: 4 },
  pathItem: {
    fields: {
      get: [2, 'message', 'operation'],
      put: [3, 'message', 'operation'],
      post: [4, 'message', 'operation'],
      delete: [5, 'message', 'operation'],
      options: [6, 'message', 'operation'],
      head: [7, 'message', 'operation'],
      patch: [8, 'message', 'operation'],
      parameters: [9, 'custom'],
    },
    extensions: 10,
  },
  operation: {
    fields: {
      tags: [1, 'strings'],
      summary: [2, 'string'],
      description: [3, 'string'],
      operationId: [5, 'string'],
      produces: [6, 'strings'],
      consumes: [7, 'strings'],
      parameters: [8, 'custom'],
      responses: [9, 'custom'],
      schemes: [10, 'strings'],
      deprecated: [11, 'bool'],
    },
    extensions: 13,
  },
  bodyParameter: {
    fields: { description: [1, 'string'], name: [2, 'string'], in: [3, 'string'], required: [4, 'bool'], schema: [5, 'message', 'schema'] },
    extensions: 6,
  },
  headerParameter: { fields: parameterFields(0), extensions: 22 },
  formDataParameter: { fields: parameterFields(1), extensions: 23 },
  queryParameter: { fields: parameterFields(1), extensions: 23 },
  pathParameter: { fields: parameterFields(0), extensions: 22 },
  response: { fields: { description: [1, 'string'] }, extensions: 5 },
  apiKey: { fields: { type: [1, 'string'], name: [2, 'string'], in: [3, 'string'], description: [4, 'string'] }, extensions: 5 },
  schema: {
    fields: {
      $ref: [1, 'string'],
      format: [2, 'string'],
      title: [3, 'string'],
      description: [4, 'string'],
      default: [5, 'free'],
      multipleOf: [6, 'double'],
      ...limits(7),
      maxProperties: [17, 'int'],
      minProperties: [18, 'int'],
      required: [19, 'strings'],
      enum: [20, 'frees'],
      additionalProperties: [21, 'custom'],
      type: [22, 'custom'],
      items: [23, 'custom'],
      allOf: [24, 'messages', 'schema'],
      properties: [25, 'custom'],
      discriminator: [26, 'string'],
      readOnly: [27, 'bool'],
      example: [30, 'free'],
    },
    extensions: 31,
  },
}

/** Fields whose message is not a plain image of the JSON. */
const custom: Record<string, (value: unknown) => Writer> = {
  properties: (value) => namedMessages(value, 1, (item) => message(item, 'schema')),
  responses: (value) => namedMessages(value, 1, (item) => wrap(1, response(item))),
  security: (value) => namedMessages(value, 1, (item) => strings(1, item)),
  securityDefinitions: (value) => namedMessages(value, 1, (item) => wrap(2, message(item, 'apiKey'))),
  parameters: (value) => wrap(1, parameter(value as Record<string, unknown>)),
  type: (value) => strings(1, Array.isArray(value) ? value : [value]),
  items: (value) => wrap(1, message(value, 'schema')),
  additionalProperties: (value) => {
    if (isObject(value)) return wrap(1, message(value, 'schema'))
    const writer = newWriter()
    writeVarintField(writer, 2, value === true)
    return writer
  },
}

/**
 * Encodes a swagger 2.0 document (JSON) as openapi.v2.Document. Keys that protobuf does not know are left out.
 * `pause` is awaited between slices of the work: the document has megabytes.
 */
export async function encodeOpenApiV2(document: Record<string, unknown>, pause: () => Promise<void> = async () => {}): Promise<Uint8Array> {
  const { paths, definitions, ...rest } = document
  const writer = message(rest, 'document') // fields may come in any order
  for (const [number, value, inner, layout] of [
    [8, paths, 2, 'pathItem'],
    [9, definitions, 1, 'schema'],
  ] as const) {
    const collected = newWriter()
    for (const [i, [name, item]] of Object.entries(value ?? {}).entries()) {
      if (i % 100 === 99) await pause()
      writeMessageField(collected, inner, entry(name, message(item, layout)))
    }
    writeMessageField(writer, number, collected)
  }
  return finish(writer)
}

function message(value: unknown, layoutName: string): Writer {
  const layout = layouts[layoutName]!
  const object = isObject(value) ? value : {}
  const writer = newWriter()
  for (const key of Object.keys(object)) {
    const field = Object.hasOwn(layout.fields, key) ? layout.fields[key] : undefined // protobuf does not mind the order of fields
    if (object[key] === undefined) continue
    if (field) writeField(writer, key, object[key], field)
    else if (layout.extensions !== undefined && key.startsWith('x-'))
      writeMessageField(writer, layout.extensions, entry(key, free(object[key])))
  }
  return writer
}

function writeField(writer: Writer, key: string, value: unknown, [number, kind, layout]: FieldLayout): void {
  if (kind === 'string') writeStringField(writer, number, String(value))
  else if (kind === 'strings') for (const text of value as string[]) writeStringField(writer, number, text)
  else if (kind === 'bool') {
    if (value === true) writeVarintField(writer, number, true)
  } else if (kind === 'int') writeVarintField(writer, number, Number(value))
  else if (kind === 'double') writeDoubleField(writer, number, Number(value))
  else if (kind === 'free') writeMessageField(writer, number, free(value))
  else if (kind === 'frees') for (const item of value as unknown[]) writeMessageField(writer, number, free(item))
  else if (kind === 'message') writeMessageField(writer, number, message(value, layout!))
  else if (kind === 'messages') for (const item of value as unknown[]) writeMessageField(writer, number, message(item, layout!))
  else if (key === 'parameters' || key === 'security')
    for (const item of value as unknown[]) writeMessageField(writer, number, custom[key]!(item))
  else writeMessageField(writer, number, custom[key]!(value))
}

/** Parameter {1: body, 2: non-body {1: header, 2: form, 3: query, 4: path}}. */
function parameter(value: Record<string, unknown>): Writer {
  if (value['in'] === 'body') return wrap(1, message(value, 'bodyParameter'))
  const kinds = ['header', 'formData', 'query', 'path']
  const at = kinds.indexOf(String(value['in']))
  return wrap(2, wrap(at + 1, message(value, `${kinds[at]}Parameter`)))
}

function response(value: unknown): Writer {
  const writer = message(value, 'response')
  const schema = isObject(value) ? value['schema'] : undefined
  if (schema !== undefined) writeMessageField(writer, 2, wrap(1, message(schema, 'schema')))
  return writer
}

function namedMessages(value: unknown, number: number, encode: (item: unknown) => Writer): Writer {
  const writer = newWriter()
  for (const [name, item] of Object.entries(value as object)) writeMessageField(writer, number, entry(name, encode(item)))
  return writer
}

function entry(name: string, value: Writer): Writer {
  const writer = newWriter()
  writeStringField(writer, 1, name)
  writeMessageField(writer, 2, value)
  return writer
}

function wrap(number: number, inner: Writer): Writer {
  const writer = newWriter()
  writeMessageField(writer, number, inner)
  return writer
}

function strings(number: number, values: unknown): Writer {
  const writer = newWriter()
  for (const text of values as string[]) writeStringField(writer, number, text)
  return writer
}

/** Any {2: yaml}: JSON is YAML. */
function free(value: unknown): Writer {
  const writer = newWriter()
  writeStringField(writer, 2, `${JSON.stringify(value)}\n`)
  return writer
}
