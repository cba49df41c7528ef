// Rules of a LabelSelector inside an object, at a given path.
import type { LabelSelector } from '../../../openapi/types/meta/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { validateLabelSelector as selectorErrors } from '../../apimachinery/selectors/label-selector.ts'

/** Checks keys, operators and values; an absent selector is fine. */
export function validateLabelSelector(selector: LabelSelector | undefined, path: Path): FieldError[] {
  return selectorErrors(selector, path)
}
