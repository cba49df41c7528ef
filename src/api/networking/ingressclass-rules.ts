// Validation of IngressClasses. Words: pkg/apis/networking/validation upstream.
import type { IngressClass, IngressClassParametersReference } from '../../../openapi/types/networking/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, notSupported, required, tooLong } from '../../apimachinery/field-errors.ts'
import { byteLength } from '../../apimachinery/names.ts'
import { domainPrefixedPath } from '../field-rules.ts'
import { namespaceName } from '../shared/checks.ts'
import { localReferenceErrors } from './ingress-rules.ts'

const maxControllerBytes = 250

/** Rules of a new or changed IngressClass. */
export function ingressClassErrors({ spec }: IngressClass): FieldError[] {
  const path = at('spec')
  const controller = spec?.controller ?? ''
  const errors: FieldError[] = []
  if (byteLength(controller) > maxControllerBytes) errors.push(tooLong(path.child('controller'), '', maxControllerBytes))
  errors.push(...domainPrefixedPath(controller, path.child('controller')))
  return spec?.parameters === undefined ? errors : [...errors, ...parametersErrors(spec.parameters, path.child('parameters'))]
}

function parametersErrors(parameters: IngressClassParametersReference, path: Path): FieldError[] {
  const { scope, namespace } = parameters
  const errors = localReferenceErrors(parameters, path)
  const namespacePath = path.child('namespace')
  if (scope === undefined) return [...errors, required(path.child('scope'))]
  if (scope === 'Namespace') {
    if (namespace === undefined) return [...errors, required(namespacePath, "`parameters.scope` is set to 'Namespace'")]
    return [...errors, ...namespaceName(namespace, namespacePath)]
  }
  if (scope !== 'Cluster') return [...errors, notSupported(path.child('scope'), scope, ['Cluster', 'Namespace'])]
  return namespace === undefined ? errors : [...errors, forbiddenField(namespacePath, "`parameters.scope` is set to 'Cluster'")]
}
