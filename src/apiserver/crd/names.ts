// Which of the names that a CustomResourceDefinition asks for are free in its group, and what its status says of them. Pure.
// Rules and words: k8s.io/apiextensions-apiserver/pkg/controller/status and establish.
import type {
  CustomResourceDefinition as Crd,
  JSONSchemaProps,
  CustomResourceDefinitionNames as Names,
} from '../../../openapi/types/apiextensions/v1.ts'
import { structuralErrors } from '../../api/apiextensions/structural-rules.ts'
import { fieldErrorText } from '../../apimachinery/api-error.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import { at, type FieldError, type Path } from '../../apimachinery/field-errors.ts'
import type { ConditionState } from './conditions.ts'
import { conditionOf, withCondition, withoutCondition } from './conditions.ts'

/** Names that the definitions of one group have been given. */
export interface UsedNames {
  resources: ReadonlySet<string>
  kinds: ReadonlySet<string>
}

/** The names given out, by group. */
export function usedNames(crds: readonly Crd[]): Map<string, UsedNames> {
  const groups = Map.groupBy(crds, ({ spec }) => spec?.group ?? '')
  return new Map(
    [...groups].map(([group, members]) => {
      const accepted = members.flatMap(({ status }) => (status?.acceptedNames === undefined ? [] : [status.acceptedNames]))
      const resources = accepted.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames])
      const kinds = accepted.flatMap(({ kind, listKind }) => [kind, listKind])
      const given = (names: (string | undefined)[]) => new Set(names.filter((name) => name !== undefined && name !== '') as string[])
      return [group, { resources: given(resources), kinds: given(kinds) }]
    }),
  )
}

const nobody: UsedNames = { resources: new Set(), kinds: new Set() }

/** Status with names and their conditions as they should be. `time` is RFC 3339. */
export function namedStatus(crd: Crd, used: UsedNames | undefined, time: string): NonNullable<Crd['status']> {
  const { names, accepted } = decided(crd, used ?? nobody)
  const conditions = withCondition(crd.status?.conditions, names, time)
  const status = { ...crd.status, acceptedNames: accepted, conditions: withCondition(conditions, establishedOf(crd, names), time) }
  return status as NonNullable<Crd['status']>
}

/** Status with all conditions as they should be; the same object when nothing is to change. Looks through all schemas. */
export function settledStatus(crd: Crd, used: UsedNames | undefined, time: string): NonNullable<Crd['status']> {
  const named = namedStatus(crd, used, time)
  const settled = { ...named, conditions: structuralConditions(crd, named.conditions ?? [], time) }
  return semanticEqual(settled, crd.status) ? crd.status! : settled
}

function decided(crd: Crd, used: UsedNames): { names: ConditionState; accepted: Names } {
  const wanted = crd.spec.names
  const had: Partial<Names> = crd.status?.acceptedNames ?? {}
  const accepted: Names = { ...had, plural: had.plural ?? '', kind: had.kind ?? '', ...optional('categories', wanted.categories) }
  if (wanted.categories === undefined) delete accepted.categories
  let problem: ConditionState | undefined
  const conflict = (reason: string, message: string) => {
    problem = { type: 'NamesAccepted', status: 'False', reason, message }
  }
  for (const [field, reason, taken] of single(used)) {
    const name = wanted[field] ?? ''
    if (name !== (had[field] ?? '') && taken.has(name)) conflict(reason, inUse(name))
    else accepted[field] = name
    if (field === 'singular') {
      const fresh = (wanted.shortNames ?? []).filter((short) => !had.shortNames?.includes(short) && used.resources.has(short))
      if (fresh.length > 0) conflict('ShortNamesConflict', aggregate(fresh.map(inUse)))
      else if (wanted.shortNames === undefined) delete accepted.shortNames
      else accepted.shortNames = wanted.shortNames
    }
  }
  return { names: problem ?? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }, accepted }
}

function single({ resources, kinds }: UsedNames) {
  return [
    ['plural', 'PluralConflict', resources],
    ['singular', 'SingularConflict', resources],
    ['kind', 'KindConflict', kinds],
    ['listKind', 'ListKindConflict', kinds],
  ] as const
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}

function inUse(name: string): string {
  return `${JSON.stringify(name)} is already in use`
}

function aggregate(messages: readonly string[]): string {
  const unique = [...new Set(messages)]
  return unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`
}

/** Once established, always established. */
function establishedOf(crd: Crd, names: ConditionState): ConditionState {
  const old = conditionOf(crd, 'Established')
  if (old?.status === 'True') return old
  if (names.status === 'True') {
    return { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }
  }
  return old ?? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
}

/** NonStructuralSchema stands only where a schema (of an older server) is not structural. */
function structuralConditions(crd: Crd, conditions: NonNullable<NonNullable<Crd['status']>['conditions']>, time: string) {
  const errors = (crd.spec.versions ?? []).flatMap(({ schema }, index) => {
    const path = at('spec', 'versions').index(index).child('schema', 'openAPIV3Schema')
    return schema?.openAPIV3Schema === undefined ? [] : knownErrors(schema.openAPIV3Schema, path)
  })
  if (errors.length === 0) return withoutCondition(conditions, 'NonStructuralSchema')
  const message = aggregate(errors.map(fieldErrorText))
  return withCondition(conditions, { type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message }, time)
}

/** Errors of schemas that were looked through before: stored definitions do not change. */
const judged = new WeakMap<JSONSchemaProps, FieldError[]>()

function knownErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  let errors = judged.get(schema)
  if (errors === undefined) judged.set(schema, (errors = structuralErrors(schema, path)))
  return errors
}
