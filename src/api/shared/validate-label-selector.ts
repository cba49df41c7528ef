// Rules of a LabelSelector inside an object: k8s.io/apimachinery/pkg/apis/meta/v1/validation.
import type { LabelSelector, LabelSelectorRequirement } from '../../../openapi/types/meta/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { labelValueErrors } from '../../apimachinery/names.ts'
import { validateLabelName, validateLabels } from '../../apimachinery/object-meta.ts'
import { invalidFor } from './checks.ts'

/** Checks keys, operators and values; an absent selector is fine. */
export function validateLabelSelector(selector: LabelSelector | undefined, path: Path): FieldError[] {
  if (selector === undefined) return []
  const expressions = path.child('matchExpressions')
  return [
    ...validateLabels(selector.matchLabels, path.child('matchLabels')),
    ...(selector.matchExpressions ?? []).flatMap((requirement, index) => validateRequirement(requirement, expressions.index(index))),
  ]
}

function validateRequirement({ key, operator, values = [] }: LabelSelectorRequirement, path: Path): FieldError[] {
  return [
    ...operatorErrors(operator, values, path),
    ...validateLabelName(key ?? '', path.child('key')),
    ...values.flatMap((value, index) => invalidFor(path.child('values').index(index), value, labelValueErrors(value))),
  ]
}

function operatorErrors(operator: string, values: readonly string[], path: Path): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length === 0 ? [required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'")] : []
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbiddenField(path.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    default:
      return [invalidValue(path.child('operator'), operator ?? '', 'not a valid selector operator')]
  }
}
