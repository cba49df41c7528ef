// Validation of RuntimeClasses. Words: pkg/apis/node/validation upstream.
import type { RuntimeClass } from '../../../openapi/types/node/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, duplicate, required } from '../../apimachinery/field-errors.ts'
import { validateLabels } from '../../apimachinery/object-meta.ts'
import { dnsLabel } from '../shared/checks.ts'

/** Rules of a new or changed RuntimeClass. */
export function runtimeClassErrors({ handler, scheduling }: RuntimeClass): FieldError[] {
  const path = at('scheduling')
  const tolerations = scheduling?.tolerations ?? []
  const key = ({ key, operator, value, effect }: (typeof tolerations)[number]): unknown => ({ key, operator, value, effect })
  const repeated = tolerations.flatMap((toleration, index) => {
    const before = tolerations.slice(0, index).some((other) => semanticEqual(key(other), key(toleration)))
    return before ? [duplicate(path.child('tolerations').index(index), toleration)] : []
  })
  return [
    ...(handler ? dnsLabel(handler, at('handler')) : [required(at('handler'))]),
    ...validateLabels(scheduling?.nodeSelector, path.child('nodeSelector')),
    ...repeated,
  ]
}
