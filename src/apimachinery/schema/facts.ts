// The shape of openapi/schema.json: the facts of every built-in type under short keys, one line a type. Written by
// scripts/generate-openapi.ts, read by from-openapi.ts and by the generator of the TypeScript interfaces.

/** Definition name → type. */
export type SchemaFacts = Record<string, TypeFacts>

export interface TypeFacts {
  /** Fields by JSON name, in the order of the Go struct (inlined structs flattened). */
  f?: Record<string, FieldFacts>
  /** Types with a JSON form of their own (Time, Quantity …): their format. */
  s?: string
  /** Top-level objects, lists and options: group and version; the kind is the type's name. */
  g?: readonly string[]
  /** +structType of the type. */
  mt?: string
}

export interface FieldFacts {
  /**
   * Type: a scalar (string, boolean, int32, int64, float, double, byte, any), a format of a special type, or `#` + definition (short when of the
   * same package); before it `[]` for a list and `map:` for a map; `[]!` for a list that is a protobuf message of its own.
   */
  t: string
  /** Protobuf number; a path when the field lies in an inlined message. Absent: not in protobuf. */
  p?: number | readonly number[]
  /** Required. */
  r?: number
  /** The Go JSON encoder leaves the zero value out. */
  o?: number
  /** A Go pointer: nil is the zero value, so "", 0 and false are kept. */
  q?: number
  /** Tagged omitzero. */
  z?: number
  /** The Go type as messages print it, where `t` does not tell: `v1.PullPolicy`, `[]v1.Capability`, `v1.ResourceList`. */
  n?: string
  /** Values of an enum type, sorted. */
  e?: readonly string[]
  /** +default. */
  d?: unknown
  /** listType, listMapKeys, mapType/structType, patchStrategy, patchMergeKey. */
  lt?: string
  lk?: readonly string[]
  mt?: string
  ps?: string
  pk?: string
}

/** The definition a `#…` type text of `owner` means. */
export function resolveReference(text: string, owner: string): string {
  return text.includes('.') ? text.slice(1) : `${owner.slice(0, owner.lastIndexOf('.') + 1)}${text.slice(1)}`
}

const goScalars: Record<string, string> = {
  boolean: 'bool',
  float: 'float32',
  double: 'float64',
  byte: '[]uint8',
  any: 'interface {}',
  'date-time': 'v1.Time',
  'micro-time': 'v1.MicroTime',
  duration: 'v1.Duration',
  quantity: 'resource.Quantity',
  'int-or-string': 'intstr.IntOrString',
  'fields-v1': 'v1.FieldsV1',
  'raw-extension': 'runtime.RawExtension',
  json: 'v1.JSON',
  'json-schema-or-bool': 'v1.JSONSchemaPropsOrBool',
  'json-schema-or-array': 'v1.JSONSchemaPropsOrArray',
  'json-schema-or-string-array': 'v1.JSONSchemaPropsOrStringArray',
}

/** The Go type of a type text, as reflection prints it: `[]#Container` → `[]v1.Container`. */
export function goTypeOf(text: string, owner: string): string {
  if (text.startsWith('[]')) return `[]${goTypeOf(text.replace(/^\[\]!?/, ''), owner)}`
  if (text.startsWith('map:')) return `map[string]${goTypeOf(text.slice(4), owner)}`
  if (text.startsWith('#')) return resolveReference(text, owner).split('.').slice(-2).join('.')
  return goScalars[text] ?? text
}
