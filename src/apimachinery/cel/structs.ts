// Objects that an expression makes (`Object.spec{…}`, `JSONPatch{…}`), and any value as JSON again: what mutating policies answer.
// Types: k8s.io/apiserver/pkg/cel/mutation.
import { setOwn } from '../json.ts'
import { base64Text } from './bytes.ts'
import { goDuration } from './format-text.ts'
import { timeText } from './times.ts'
import {
  CelError,
  CelMap,
  Duration,
  isList,
  isObjectValue,
  type ObjectValue,
  Optional,
  Timestamp,
  typeName,
  Uint,
  type Value,
} from './values.ts'

/** Whether objects of this type can be made: the object of the request and parts of it, operations of a JSON patch. */
export function isStructType(name: string): boolean {
  return name === 'JSONPatch' || name === 'Object' || name.startsWith('Object.')
}

export class StructValue implements ObjectValue {
  readonly isObject = true
  readonly typeName: string
  readonly #fields: ReadonlyMap<string, Value>

  constructor(type: string, fields: ReadonlyMap<string, Value>) {
    this.typeName = type
    this.#fields = fields
  }

  field(name: string): Value | undefined {
    return this.#fields.get(name)
  }

  names(): readonly string[] {
    return [...this.#fields.keys()]
  }
}

/** A value as JSON. Throws CelError for what has none, and for parts whose type is not that of their field. */
export function jsonOf(value: Value): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value === 'bigint') return number(value)
  if (value instanceof Uint) return number(value.value)
  if (value instanceof Uint8Array) return base64Text(value)
  if (value instanceof Timestamp) return timeText(value.nanos)
  if (value instanceof Duration) return goDuration(value.nanos)
  if (value instanceof Optional) return value.value === undefined ? null : jsonOf(value.value)
  if (isList(value)) return value.map(jsonOf)
  if (value instanceof CelMap) return fromEntries(value.entries().map(({ key, value: own }) => [String(key), own]))
  if (value instanceof StructValue) checkTypes(value)
  if (isObjectValue(value)) return fromEntries(value.names().map((name) => [name, value.field(name) ?? null]))
  throw new CelError(`value of type ${typeName(value)} has no JSON`)
}

function fromEntries(entries: readonly (readonly [string, Value])[]): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  for (const [key, value] of entries) setOwn(json, key, jsonOf(value))
  return json
}

function number(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

/** The part at Object.spec.x is an Object.spec.x. */
function checkTypes(struct: StructValue): void {
  if (struct.typeName === 'JSONPatch') return
  for (const name of struct.names()) {
    const value = struct.field(name)
    const parts = value !== undefined && value !== null && isList(value) ? value : [value]
    const wanted = `${struct.typeName}.${name}`
    for (const part of parts) {
      if (part instanceof StructValue && part.typeName !== wanted)
        throw new CelError(
          `unexpected type name ${JSON.stringify(part.typeName)}, expected ${JSON.stringify(wanted)}, which matches field name path from root Object type`,
        )
    }
  }
}
