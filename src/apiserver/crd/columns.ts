// additionalPrinterColumns of a CustomResourceDefinition as columns of a Table. Pure.
// Cells as k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor makes them.
import type { CustomResourceColumnDefinition } from '../../../openapi/types/apiextensions/v1.ts'
import { age } from '../../apimachinery/duration.ts'
import { stringifyJson } from '../../apimachinery/json.ts'
import type { JsonPath } from '../../apimachinery/jsonpath.ts'
import { compileJsonPath, JsonPathError } from '../../apimachinery/jsonpath.ts'
import type { Column } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'

type Cell = string | number | boolean | null

const ageColumn: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: 'When the server created the object.',
  jsonPath: '.metadata.creationTimestamp',
}

/** The columns after Name; Age alone when the definition names none. */
export function customColumns(definitions: readonly CustomResourceColumnDefinition[] | undefined): Column<KubeObject>[] {
  const given = definitions === undefined || definitions.length === 0 ? [ageColumn] : definitions
  return given.map(({ name, type, format, description, priority, jsonPath }) => {
    const path = compiled(jsonPath)
    return {
      name,
      type,
      ...(format === undefined ? {} : { format }),
      description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
      ...(priority === undefined ? {} : { priority: priority as 0 | 1 }),
      value: (object, now) => cell(type, path?.find(object) ?? [], now),
    }
  })
}

/** A path that the server cannot read leaves its cells empty. */
function compiled(text: string): JsonPath | undefined {
  try {
    return compileJsonPath(text)
  } catch (error) {
    if (error instanceof JsonPathError) return undefined
    throw error
  }
}

function cell(type: string, found: readonly unknown[], now: number): Cell {
  if (found.length === 0) return null
  const [value] = found
  if (type === 'string') return textOf(value)
  if (value === null) return null
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? Number(value) : null
  if (type === 'number') return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : null
  if (type === 'boolean') return typeof value === 'boolean' ? value : null
  if (type !== 'date' || typeof value !== 'string') return null
  return Number.isNaN(Date.parse(value)) ? '<invalid>' : age(value, now)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null ? '<no value>' : stringifyJson(value)
}
