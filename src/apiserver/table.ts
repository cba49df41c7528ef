// Objects as rows: metav1.Table for kubectl get, and PartialObjectMetadata. Pure but for the clock's now.
import { badRequest } from '../apimachinery/api-error.ts'
import type { Column, Kind, Resolved } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableColumn {
  name: string
  type: string
  format: string
  description: string
  priority: number
}

const nameColumn: Column<KubeObject> = {
  name: 'Name',
  format: 'name',
  description: 'Name of the object, unique among its kind in its namespace.',
  value: (object) => object.metadata?.name ?? '',
}
const createdAtColumn: Column<KubeObject> = {
  name: 'Created At',
  type: 'date',
  description: 'When the server created the object.',
  value: (object) => object.metadata?.creationTimestamp ?? '<unknown>',
}

/** All columns of a kind: Name is put in front unless the kind has its own. */
export function columnsOf(kind: Kind): readonly Column<KubeObject>[] {
  const { columns } = kind
  if (columns === undefined) return [nameColumn, createdAtColumn]
  return columns.some((column) => column.name === 'Name') ? columns : [nameColumn, ...columns]
}

const versionKinds = new WeakMap<object, Kind>()

/** The kind with the columns of the version asked for. */
export function tableKind({ kind, served }: Resolved): Kind {
  if (served?.columns === undefined) return kind
  let form = versionKinds.get(served)
  if (form === undefined) versionKinds.set(served, (form = { ...kind, columns: served.columns }))
  return form
}

/** columnDefinitions of the Table. */
export function columnDefinitions(kind: Kind): TableColumn[] {
  return columnsOf(kind).map(({ name, type = 'string', format = '', description = '', priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
  }))
}

/** The query parameter includeObject; default Metadata. Throws 400. */
export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const text = query.get('includeObject') ?? ''
  if (text === '') return 'Metadata'
  if (text === 'None' || text === 'Metadata' || text === 'Object') return text
  const value = JSON.stringify(text)
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${value}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

/** One row; `full` is the object in the version asked for. A cell that throws is shown as <unknown>: printing must not fail a list. */
export function tableRow(kind: Kind, object: KubeObject, full: KubeObject, include: IncludeObject, asVersion: string, now: number): object {
  // Columns of a custom kind are paths in the version asked for.
  const shown = kind.custom === true ? full : object
  const cells = columnsOf(kind).map((column) => cell(column, shown, now))
  const conditions = kind.rowConditions?.(object) ?? []
  const row = conditions.length === 0 ? { cells } : { cells, conditions }
  if (include === 'None') return { ...row, object: null }
  return { ...row, object: include === 'Object' ? full : partialMetadata(full, asVersion) }
}

function cell(column: Column<KubeObject>, object: KubeObject, now: number): unknown {
  try {
    return column.value(object, now)
  } catch {
    return '<unknown>'
  }
}

/** The metadata alone, as its own kind. */
export function partialMetadata(object: KubeObject, asVersion: string): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${asVersion}`, metadata: object.metadata ?? {} }
}
