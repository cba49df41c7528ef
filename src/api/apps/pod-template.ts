// Rules of a pod template inside a workload: labels, annotations and the pod spec.
import type { PodTemplateSpec } from '../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { validateAnnotations, validateLabels } from '../../apimachinery/object-meta.ts'

/** All that is wrong with a template; an absent one is judged as an empty one. */
export function podTemplateErrors(template: PodTemplateSpec | undefined, path: Path): FieldError[] {
  return [
    ...validateLabels(template?.metadata?.labels, path.child('labels')),
    ...validateAnnotations(template?.metadata?.annotations, path.child('annotations')),
  ]
}
