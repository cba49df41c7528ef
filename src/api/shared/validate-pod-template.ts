// Rules of pod templates, wherever they stand: ValidatePodTemplateSpec upstream.
import type { PodTemplateSpec } from '../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { forbiddenField } from '../../apimachinery/field-errors.ts'
import { validateAnnotations, validateLabels } from '../../apimachinery/object-meta.ts'
import { podAnnotationErrors } from '../core/pod/validate.ts'
import { profileAnnotationMismatches } from '../core/pod/validate-security.ts'
import { validatePodSpec } from '../core/pod/validate-spec.ts'

/** Labels, annotations and spec of a template; an absent one is judged as an empty one. */
export function validatePodTemplate(template: PodTemplateSpec | undefined, path: Path): FieldError[] {
  const { annotations, labels } = template?.metadata ?? {}
  const spec = template?.spec ?? { containers: [] }
  const specPath = path.child('spec')
  const errors = [
    ...validateLabels(labels, path.child('labels')),
    ...validateAnnotations(annotations, path.child('annotations')),
    ...podAnnotationErrors(annotations, spec, path.child('annotations')),
    ...validatePodSpec(spec, specPath, { isPod: false }),
    ...profileAnnotationMismatches(annotations, spec, specPath),
  ]
  if (spec.ephemeralContainers?.length) {
    errors.push(forbiddenField(specPath.child('ephemeralContainers'), 'ephemeral containers not allowed in pod template'))
  }
  return errors
}
