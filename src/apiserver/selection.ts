// Which objects a list, watch or deletecollection means: label and field selectors over one kind. Pure.
import { badRequest } from '../apimachinery/api-error.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { pathSegmentFault } from './keys.ts'
import type { FieldTerm } from './selectors.ts'
import { parseFieldSelector, parseLabelSelector } from './selectors.ts'

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
export function selection(kind: Kind, labelSelector: string, fieldSelector: string, name?: string): Selection {
  const labels = labelSelector === '' ? undefined : parseLabelSelector(labelSelector)
  const terms = parseFieldSelector(fieldSelector)
  const values = new Map(terms.map((term) => [term.field, fieldValue(kind, term.field)]))
  if (name !== undefined) addName(terms, values, name)
  const equal = (field: string) => terms.find((term) => term.field === field && term.equal)?.value
  const demandedName = equal('metadata.name')
  const indexed = terms.find((term) => term.equal && !term.field.startsWith('metadata.'))
  return {
    all: labels === undefined && terms.length === 0,
    matches: (object) =>
      (labels === undefined || labels(object.metadata?.labels ?? {})) &&
      terms.every((term) => (values.get(term.field)!(object) === term.value) === term.equal),
    name: demandedName !== undefined && demandedName !== '' && pathSegmentFault(demandedName) === undefined ? demandedName : undefined,
    namespace: equal('metadata.namespace'),
    indexed: indexed === undefined ? undefined : { field: indexed.field, value: indexed.value, valueOf: values.get(indexed.field)! },
  }
}

function addName(terms: FieldTerm[], values: Map<string, (object: KubeObject) => string>, name: string): void {
  const asked = terms.find((term) => term.field === 'metadata.name')
  if (terms.length > 0 && (asked === undefined || asked.value !== name || !asked.equal))
    throw badRequest("fieldSelector metadata.name doesn't match requested name")
  if (terms.length === 0) terms.push({ field: 'metadata.name', value: name, equal: true })
  values.set('metadata.name', nameOf)
}

const nameOf = (object: KubeObject) => object.metadata?.name ?? ''
const namespaceOf = (object: KubeObject) => object.metadata?.namespace ?? ''

function fieldValue(kind: Kind, field: string): (object: KubeObject) => string {
  if (field === 'metadata.name') return nameOf
  if (field === 'metadata.namespace') return namespaceOf
  if (kind.selectableFields !== undefined && Object.hasOwn(kind.selectableFields, field)) return kind.selectableFields[field]!
  if (kind.selectableFields === undefined || kind.custom === true)
    throw badRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`)
  throw badRequest(`field label not supported: ${field}`)
}
