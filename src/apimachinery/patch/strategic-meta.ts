// What a schema says about patching one field: strategy, merge key, retainKeys. Errors as of upstream's lookup in Go struct tags.
import { getOwn } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import { unclassified } from './strategic-errors.ts'

export interface PatchMeta {
  /** Schema of the field, or of the items of a list. */
  schema: Schema | undefined
  strategy: 'merge' | 'replace' | ''
  mergeKey: string
  retainKeys: boolean
}

/** Meta of a field whose value is a map. */
export function fieldMeta(schema: Schema | undefined, key: string): PatchMeta {
  const field = lookUp(schema, key)
  return metaOf(field, field)
}

/** Meta of a field whose value is a list; `schema` is that of its items. */
export function itemMeta(schema: Schema | undefined, key: string): PatchMeta {
  const field = lookUp(schema, key)
  if (field.items === undefined) throw unclassified('expected slice or array type, but got: struct')
  if (field.items.type === 'array') throw unclassified('unexpected slice of slice')
  return metaOf(field, field.items)
}

function lookUp(schema: Schema | undefined, key: string): Schema {
  if (schema?.properties === undefined) {
    const kind = schema?.type === 'object' && schema.additionalProperties !== undefined ? 'map' : 'interface'
    throw unclassified(`merging an object in json but data type is not struct, instead is: ${kind}`)
  }
  const field = getOwn(schema.properties, key)
  if (field !== undefined) return field
  const name = schema.typeName?.slice(schema.typeName.lastIndexOf('.') + 1) ?? ''
  throw unclassified(`unable to find api field in struct ${name} for the json field ${JSON.stringify(key)}`)
}

function metaOf(field: Schema, schema: Schema): PatchMeta {
  const strategies = field.patchStrategy ?? []
  const strategy = strategies.find((word) => word === 'merge' || word === 'replace') ?? ''
  return {
    schema,
    strategy: strategy as PatchMeta['strategy'],
    mergeKey: field.patchMergeKey ?? '',
    retainKeys: strategies.includes('retainKeys'),
  }
}
