// Which objects a list, watch or deletecollection means: label and field selectors over one kind. Pure.
import { badRequest } from '../apimachinery/api-error.ts'
import { getOwn } from '../apimachinery/json.ts'
import type { Resolved } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { FieldTerm } from '../apimachinery/selectors/field-selector.ts'
import { parseFieldSelector } from '../apimachinery/selectors/field-selector.ts'
import { matchesLabels } from '../apimachinery/selectors/label-selector.ts'
import { parseLabelSelector } from '../apimachinery/selectors/parse-label-selector.ts'
import { toVersion } from './codec.ts'
import { pathSegmentFault } from './keys.ts'

export interface Selection {
  /** Selects everything: no object needs decoding. */
  all: boolean
  matches: (object: KubeObject) => boolean
  /** Demanded by `metadata.name=`: at most one object per namespace matches. */
  name: string | undefined
  /** Demanded by `metadata.namespace=`. */
  namespace: string | undefined
  /** An equality on a selectable field of the kind: the cache has an index for it. */
  indexed: { field: string; value: string; valueOf: (object: KubeObject) => string } | undefined
}

/** The selection of two selector texts. Throws 400 in upstream's words. `name` (from a single-object watch path) adds `metadata.name=`. */
export function selection(resolved: Resolved, labelSelector: string, fieldSelector: string, name?: string): Selection {
  const labels = labelSelector === '' ? undefined : parseLabelSelector(labelSelector)
  const terms = [...parseFieldSelector(fieldSelector)]
  const values = new Map(terms.map((term) => [term.field, fieldValue(resolved, term.field)]))
  if (name !== undefined) addName(terms, values, name)
  const equal = (field: string) => terms.find((term) => term.field === field && term.operator === '=')?.value
  const demandedName = equal('metadata.name')
  // What a webhook converts has no index: the cache fills indexes synchronously.
  const indexed =
    resolved.kind.convert === undefined ? terms.find((term) => term.operator === '=' && !term.field.startsWith('metadata.')) : undefined
  return {
    all: labels === undefined && terms.length === 0,
    matches: (object) =>
      (labels === undefined || matchesLabels(labels, object.metadata?.labels)) &&
      terms.every((term) => (values.get(term.field)!(object) === term.value) === (term.operator === '=')),
    name: demandedName !== undefined && demandedName !== '' && pathSegmentFault(demandedName) === undefined ? demandedName : undefined,
    namespace: equal('metadata.namespace'),
    indexed: indexed === undefined ? undefined : { field: indexed.field, value: indexed.value, valueOf: values.get(indexed.field)! },
  }
}

function addName(terms: FieldTerm[], values: Map<string, (object: KubeObject) => string>, name: string): void {
  const asked = terms.find((term) => term.field === 'metadata.name')
  if (terms.length > 0 && (asked === undefined || asked.value !== name || asked.operator !== '='))
    throw badRequest("fieldSelector metadata.name doesn't match requested name")
  if (terms.length === 0) terms.push({ field: 'metadata.name', value: name, operator: '=' })
  values.set('metadata.name', nameOf)
}

const nameOf = (object: KubeObject) => object.metadata?.name ?? ''
const namespaceOf = (object: KubeObject) => object.metadata?.namespace ?? ''

function fieldValue(resolved: Resolved, asked: string): (object: KubeObject) => string {
  const { kind, served } = resolved
  const renamed = served?.fieldSelectors
  const field = renamed !== undefined && Object.hasOwn(renamed, asked) ? renamed[asked]! : asked
  if (kind.custom === true) return customValue(resolved, field)
  if (field === 'metadata.name') return nameOf
  if (field === 'metadata.namespace') return namespaceOf
  if (kind.selectableFields !== undefined && Object.hasOwn(kind.selectableFields, field)) return kind.selectableFields[field]!
  if (kind.selectableFields === undefined)
    throw badRequest(`${JSON.stringify(asked)} is not a known field selector: only "metadata.name", "metadata.namespace"`)
  throw badRequest(`field label not supported: ${asked}`)
}

/** Fields of a custom resource are selected by the version asked for: as its own webhook sees them, when there is one. */
function customValue(resolved: Resolved, field: string): (object: KubeObject) => string {
  if (field === 'metadata.name') return nameOf
  if (field === 'metadata.namespace') return namespaceOf
  const { kind, served } = resolved
  const fields = served?.selectableFields ?? kind.selectableFields
  const textOf = fields === undefined ? undefined : getOwn(fields, field)
  if (textOf === undefined) throw badRequest(`field label not supported: ${field}`)
  return kind.convert === undefined ? textOf : (object) => textOf(toVersion(resolved, object))
}
