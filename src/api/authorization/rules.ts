// Validation of access reviews. Words: pkg/apis/authorization/validation upstream.
import type {
  LocalSubjectAccessReview,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectAccessReviewSpec,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
} from '../../../openapi/types/authorization/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, required } from '../../apimachinery/field-errors.ts'
import type { ObjectMeta } from '../../apimachinery/meta.ts'

/** Exactly one sort of attributes. */
export function selfAccessReviewErrors({ metadata, spec }: SelfSubjectAccessReview): FieldError[] {
  return [...attributesErrors(spec), ...resourceErrors(spec?.resourceAttributes), ...emptyMetaErrors(metadata)]
}

/** The same, and a user or a group. */
export function accessReviewErrors({ metadata, spec }: SubjectAccessReview): FieldError[] {
  return [...subjectErrors(spec), ...emptyMetaErrors(metadata)]
}

/** The same, about its own namespace. */
export function localAccessReviewErrors({ metadata, spec }: LocalSubjectAccessReview): FieldError[] {
  const errors = subjectErrors(spec)
  const { namespace = '', ...rest } = metadata ?? {}
  if (!isEmptyMeta(rest)) errors.push(invalidValue(at('metadata'), metadata, 'must be empty except for namespace'))
  const asked = spec?.resourceAttributes?.namespace ?? ''
  if (spec?.resourceAttributes !== undefined && asked !== namespace) {
    errors.push(invalidValue(at('spec.resourceAttributes.namespace'), asked, 'must match metadata.namespace'))
  }
  if (spec?.nonResourceAttributes !== undefined) {
    const { path = '', verb = '' } = spec.nonResourceAttributes
    errors.push(invalidValue(at('spec.nonResourceAttributes'), { Path: path, Verb: verb }, 'disallowed on this kind of request'))
  }
  return errors
}

function subjectErrors(spec: SubjectAccessReviewSpec | undefined): FieldError[] {
  const errors = attributesErrors(spec)
  if (!spec?.user && (spec?.groups?.length ?? 0) === 0) {
    errors.push(invalidValue(at('spec', 'user'), spec?.user ?? '', 'at least one of user or group must be specified'))
  }
  return [...errors, ...resourceErrors(spec?.resourceAttributes)]
}

function attributesErrors(spec: SelfSubjectAccessReviewSpec | undefined): FieldError[] {
  const { resourceAttributes, nonResourceAttributes: other } = spec ?? {}
  if (resourceAttributes !== undefined && other !== undefined) {
    const shown = { Path: other.path ?? '', Verb: other.verb ?? '' }
    return [invalidValue(at('spec', 'nonResourceAttributes'), shown, 'cannot be specified in combination with resourceAttributes')]
  }
  if (resourceAttributes !== undefined || other !== undefined) return []
  const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  return [invalidValue(at('spec', 'resourceAttributes'), null, detail)]
}

function resourceErrors(attributes: ResourceAttributes | undefined): FieldError[] {
  const path = at('spec.resourceAttributes')
  return [
    ...selectorErrors(attributes?.fieldSelector, path.child('fieldSelector')),
    ...selectorErrors(attributes?.labelSelector, path.child('labelSelector')),
  ]
}

function selectorErrors(selector: { rawSelector?: string; requirements?: unknown[] } | undefined, path: Path): FieldError[] {
  if (selector === undefined) return []
  const { rawSelector = '', requirements = [] } = selector
  if (rawSelector !== '' && requirements.length > 0) {
    return [invalidValue(path.child('rawSelector'), rawSelector, 'may not specified at the same time as requirements')]
  }
  if (rawSelector !== '' || requirements.length > 0) return []
  return [required(path.child('requirements'), `when ${path} is specified, requirements or rawSelector is required`)]
}

function emptyMetaErrors(metadata: ObjectMeta | undefined): FieldError[] {
  return isEmptyMeta(metadata ?? {}) ? [] : [invalidValue(at('metadata'), metadata, 'must be empty')]
}

function isEmptyMeta({ managedFields: _managed, ...rest }: ObjectMeta): boolean {
  return Object.values(rest).every((value) => value === undefined || value === null || value === '')
}
