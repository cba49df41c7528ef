// Pruning of custom resources: fields that a structural schema does not name are dropped, and reported.
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
import { isObject, setOwn } from '../json.ts'
import type { Schema } from './schema.ts'
import { pathText } from './walk.ts'

export interface Pruned {
  object: Record<string, unknown>
  /** Paths of what was dropped, sorted. */
  unknown: string[]
}

/** A copy of the value without unspecified fields. `resource`: it is a whole object, so apiVersion, kind and metadata stay. */
export function pruned(value: Record<string, unknown>, schema: Schema, resource: boolean): Pruned {
  const unknown: string[] = []
  const object = pruneObject(value, schema, resource, [], unknown)
  return { object, unknown: unknown.sort() }
}

function prune(value: unknown, schema: Schema, path: (string | number)[], unknown: string[]): unknown {
  if (Array.isArray(value)) {
    if (schema.items === undefined && schema.preserveUnknownFields === true) return value
    return value.map((item, index) => within(path, index, () => prune(item, schema.items ?? {}, path, unknown)))
  }
  return isObject(value) ? pruneObject(value, schema, schema.embeddedResource === true, path, unknown) : value
}

function pruneObject(
  value: Record<string, unknown>,
  schema: Schema,
  resource: boolean,
  path: (string | number)[],
  unknown: string[],
): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const item = value[key]
    const property = schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (resource && (key === 'apiVersion' || key === 'kind' || key === 'metadata')) setOwn(result, key, item)
    else if (property !== undefined)
      setOwn(
        result,
        key,
        within(path, key, () => prune(item, property, path, unknown)),
      )
    else if (typeof schema.additionalProperties === 'object') {
      const values = schema.additionalProperties
      setOwn(
        result,
        key,
        within(path, key, () => prune(item, values, path, unknown)),
      )
    } else if (schema.preserveUnknownFields === true || schema.additionalProperties === true) setOwn(result, key, item)
    else if (unknown.length < 100) unknown.push(pathText([...path, key]))
  }
  return result
}

function within<T>(path: (string | number)[], part: string | number, run: () => T): T {
  path.push(part)
  const result = run()
  path.pop()
  return result
}
