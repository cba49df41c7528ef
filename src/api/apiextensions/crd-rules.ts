// Defaults, strategy and validation of CustomResourceDefinitions.
// Words and paths: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions. What all versions share is judged once, at upstream's
// older top-level paths (spec.validation, spec.subresources …).
import type {
  CustomResourceDefinition as Crd,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion as Version,
} from '../../../openapi/types/apiextensions/v1.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { dns1035Label, dns1123Subdomain } from '../../apimachinery/names.ts'
import { immutableField } from '../../apimachinery/object-meta.ts'
import { oneOf } from '../shared/checks.ts'
import { celRuleErrors } from './cel-rules.ts'
import { columnErrors, conversionErrors, deprecationErrors, namesErrors, subresourcesErrors } from './crd-part-rules.ts'
import { crdSchemaErrors } from './crd-schema-rules.ts'
import { defaultErrors } from './default-rules.ts'
import { ruleCostErrors } from './rule-costs.ts'

/** Names that follow from the kind, and the first stored version. */
export function crdDefaults(crd: Crd): void {
  const spec = (crd.spec ??= {} as CustomResourceDefinitionSpec)
  const names = (spec.names ??= { plural: '', kind: '' })
  if (!names.singular) names.singular = (names.kind ?? '').toLowerCase()
  if (!names.listKind && names.kind) names.listKind = `${names.kind}List`
  spec.conversion ??= { strategy: 'None' }
  const service = spec.conversion.webhook?.clientConfig?.service
  if (service) service.port ??= 443
  addStoredVersion(crd, (stored) => stored.length === 0)
}

/** The storage version belongs to status.storedVersions from the start. */
export function recordStoredVersion(crd: Crd): void {
  addStoredVersion(crd, () => true)
}

function addStoredVersion(crd: Crd, when: (stored: readonly string[]) => boolean): void {
  const stored = crd.status?.storedVersions ?? []
  const name = crd.spec?.versions?.find((version) => version.storage)?.name
  if (name === undefined || stored.includes(name) || !when(stored)) return
  crd.status = { ...crd.status, storedVersions: [...stored, name] } as NonNullable<Crd['status']>
}

/** Rules of a new or changed definition. */
export function crdErrors(crd: Crd): FieldError[] {
  const { metadata, spec } = crd
  const path = at('spec')
  const { group = '', names, scope, versions = [] } = spec ?? {}
  const name = metadata?.name ?? ''
  const errors: FieldError[] = []
  if (name !== `${names?.plural ?? ''}.${group}`) {
    errors.push(invalidValue(at('metadata', 'name'), name, 'must be spec.names.plural+"."+spec.group'))
  }
  errors.push(...groupErrors(group, path.child('group')), ...oneOf(scope, ['Cluster', 'Namespaced'], path.child('scope')))
  errors.push(...versionsErrors(versions, path), ...namesErrors(names, path.child('names')))
  errors.push(...conversionErrors(spec?.conversion, path.child('conversion')))
  if (spec?.preserveUnknownFields === true) {
    const detail = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
    errors.push(invalidValue(path.child('preserveUnknownFields'), true, detail))
  }
  return [...errors, ...storedVersionsErrors(crd)]
}

function groupErrors(group: string, path: Path): FieldError[] {
  if (group === '') return [required(path)]
  const messages = dns1123Subdomain(group)
  if (messages.length > 0) return [invalidValue(path, group, messages.join(','))]
  return group.includes('.') ? [] : [invalidValue(path, group, 'should be a domain with at least one dot')]
}

function versionsErrors(versions: readonly Version[], path: Path): FieldError[] {
  const errors: FieldError[] = []
  const shared = <K extends keyof Version>(field: K): boolean =>
    versions.length > 0 && versions.every((version) => semanticDeepEqual(version[field], versions[0]?.[field]))
  for (const [index, version] of versions.entries()) {
    const where = path.child('versions').index(index)
    if (version.schema?.openAPIV3Schema === undefined) errors.push(required(where.child('schema', 'openAPIV3Schema')))
    const messages = dns1035Label(version.name ?? '')
    if (messages.length > 0) errors.push(invalidValue(where.child('name'), version.name ?? '', messages.join(',')))
    errors.push(...deprecationErrors(version, where))
    const first = index === 0
    if (first || !shared('schema'))
      errors.push(...schemaErrors(version, shared('schema') ? path.child('validation') : where.child('schema')))
    if (first || !shared('subresources')) {
      errors.push(...subresourcesErrors(version.subresources, (shared('subresources') ? path : where).child('subresources')))
    }
    if (first || !shared('additionalPrinterColumns')) {
      const columns = (shared('additionalPrinterColumns') ? path : where).child('additionalPrinterColumns')
      errors.push(...(version.additionalPrinterColumns ?? []).flatMap((column, i) => columnErrors(column, columns.index(i))))
    }
  }
  const list = path.child('versions')
  if (new Set(versions.map(({ name }) => name)).size !== versions.length) {
    errors.push(invalidValue(list, printedVersions(versions), 'must contain unique version names'))
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(invalidValue(list, printedVersions(versions), 'must have exactly one version marked as storage version'))
  }
  return errors
}

function schemaErrors({ schema, subresources }: Version, path: Path): FieldError[] {
  if (schema?.openAPIV3Schema === undefined) return []
  const where = path.child('openAPIV3Schema')
  const errors = crdSchemaErrors(schema.openAPIV3Schema, subresources?.status !== undefined, where)
  if (errors.length > 0) return errors
  const rules = celRuleErrors(schema.openAPIV3Schema, where)
  const costs = rules.length === 0 ? ruleCostErrors(schema.openAPIV3Schema, where) : []
  return [...rules, ...costs, ...defaultErrors(schema.openAPIV3Schema, where)]
}

/** Upstream shows its internal struct here, whose fields have Go names. */
function printedVersions(versions: readonly Version[]): unknown {
  return versions.map(({ name, served, storage, deprecated, deprecationWarning }) => ({
    Name: name ?? '',
    Served: served ?? false,
    Storage: storage ?? false,
    Deprecated: deprecated ?? false,
    DeprecationWarning: deprecationWarning ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }))
}

function storedVersionsErrors({ spec, status }: Crd): FieldError[] {
  const path = at('status', 'storedVersions')
  const stored = status?.storedVersions ?? []
  if (stored.length === 0) return [invalidValue(path, status?.storedVersions ?? null, 'must have at least one stored version')]
  const names = (spec?.versions ?? []).map(({ name }) => name)
  const storage = spec?.versions?.find((version) => version.storage)?.name
  const errors: FieldError[] = []
  if (storage !== undefined && !stored.includes(storage)) {
    errors.push(invalidValue(path, stored, `must have the storage version ${storage}`))
  }
  for (const [index, name] of stored.entries()) {
    if (names.includes(name)) continue
    const detail = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`
    errors.push(invalidValue(path.index(index), name, detail))
  }
  return errors
}

/** Group and plural never change; scope and kind no more once the names are served. */
export function crdUpdateErrors({ spec }: Crd, old: Crd): FieldError[] {
  const path = at('spec')
  const established = old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false
  const fixed = established
    ? [
        ...immutableField(spec?.scope, old.spec?.scope, path.child('scope')),
        ...immutableField(spec?.names?.kind, old.spec?.names?.kind, path.child('names', 'kind')),
      ]
    : []
  return [
    ...fixed,
    ...immutableField(spec?.group, old.spec?.group, path.child('group')),
    ...immutableField(spec?.names?.plural, old.spec?.names?.plural, path.child('names', 'plural')),
  ]
}

/** Rules of a status write: the accepted names are names. */
export function crdStatusErrors({ status }: Crd): FieldError[] {
  return status?.acceptedNames === undefined ? [] : namesErrors(status.acceptedNames, at('status', 'acceptedNames'), false)
}

const approvedAnnotation = 'api-approved.kubernetes.io'

/** Groups of the Kubernetes community need the approval of a reviewer, as an annotation. */
export function approvalErrors({ metadata, spec }: Crd): FieldError[] {
  const group = spec?.group ?? ''
  const isProtected = group === 'k8s.io' || group === 'kubernetes.io' || group.endsWith('.k8s.io') || group.endsWith('.kubernetes.io')
  if (!isProtected) return []
  const approval = metadata?.annotations?.[approvedAnnotation]
  const path = at('metadata', 'annotations').key(approvedAnnotation)
  if (!approval)
    return [
      required(
        path,
        'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
      ),
    ]
  if (approval.startsWith('unapproved') || /^[a-z][a-z0-9+.-]*:\/\/[^/]+/i.test(approval)) return []
  const detail = `protected groups must have approval annotation "api-approved.kubernetes.io" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`
  return [invalidValue(path, approval, detail)]
}
