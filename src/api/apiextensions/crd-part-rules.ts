// Rules of the parts of a CustomResourceDefinition: names, conversion, columns, subresources.
// Words: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation.
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from '../../../openapi/types/apiextensions/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { byteLength, dns1035Label } from '../../apimachinery/names.ts'
import { clientConfigErrors, reviewVersionsErrors } from '../admissionregistration/client-config.ts'
import { oneOf } from '../shared/checks.ts'

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

/** Plural, singular, kind, list kind, short names, categories. */
export function namesErrors(names: CustomResourceDefinitionNames | undefined, path: Path, needed = true): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    const value = names?.[field] ?? ''
    const where = path.child(field)
    const mixed = field === 'kind' || field === 'listKind'
    const messages = dns1035Label(mixed ? value.toLowerCase() : value)
    if (value === '') errors.push(...(needed ? [required(where)] : []))
    else if (messages.length > 0) {
      const text = messages.join(',')
      errors.push(invalidValue(where, value, mixed ? `may have mixed case, but should otherwise match: ${text}` : text))
    }
  }
  for (const field of ['shortNames', 'categories'] as const) {
    for (const [index, value] of (names?.[field] ?? []).entries()) {
      const messages = dns1035Label(value)
      if (messages.length > 0) errors.push(invalidValue(path.child(field).index(index), value, messages.join(',')))
    }
  }
  if (names?.kind && names.kind === names.listKind) {
    errors.push(invalidValue(path.child('listKind'), names.listKind, 'kind and listKind may not be the same'))
  }
  return errors
}

/** How objects get from one version to another. */
export function conversionErrors(conversion: CustomResourceConversion | undefined, path: Path): FieldError[] {
  if (conversion === undefined) return []
  const { strategy, webhook } = conversion
  const errors = oneOf(strategy, ['None', 'Webhook'], path.child('strategy'))
  const client = path.child('webhookClientConfig')
  const versions = path.child('conversionReviewVersions')
  if (strategy === 'Webhook') {
    if (webhook?.clientConfig === undefined) errors.push(required(client, 'required when strategy is set to Webhook'))
    else errors.push(...clientConfigErrors(webhook.clientConfig, client))
    return [...errors, ...reviewVersionsErrors(webhook?.conversionReviewVersions, ['v1', 'v1beta1'], versions)]
  }
  const detail = 'should not be set when strategy is not set to Webhook'
  if (webhook?.clientConfig !== undefined) errors.push(forbiddenField(client, detail))
  if ((webhook?.conversionReviewVersions?.length ?? 0) > 0) errors.push(forbiddenField(versions, detail))
  return errors
}

/** One column of `kubectl get`. */
export function columnErrors({ name, type, format, jsonPath }: CustomResourceColumnDefinition, path: Path): FieldError[] {
  const errors: FieldError[] = name ? [] : [required(path.child('name'))]
  const types = `must be one of ${columnTypes.join(',')}`
  if (!type) errors.push(required(path.child('type'), types))
  else if (!columnTypes.includes(type)) errors.push(invalidValue(path.child('type'), type, types))
  if (format && !columnFormats.includes(format)) {
    errors.push(invalidValue(path.child('format'), format, `must be one of ${columnFormats.join(',')}`))
  }
  const where = path.child('JSONPath')
  return [...errors, ...(jsonPath ? simplePathErrors(jsonPath, where) : [required(where)])]
}

function simplePathErrors(text: string, path: Path): FieldError[] {
  return text.startsWith('.') ? [] : [invalidValue(path, text, 'must be a simple json path starting with .')]
}

/** Where the scale subresource finds its numbers. */
export function subresourcesErrors(subresources: CustomResourceSubresources | undefined, path: Path): FieldError[] {
  const scale = subresources?.scale
  if (scale === undefined) return []
  const numbers = [
    ['specReplicasPath', '.spec.', 'should be a json path under .spec'],
    ['statusReplicasPath', '.status.', 'should be a json path under .status'],
  ] as const
  const errors = numbers.flatMap(([field, prefix, detail]) => {
    const where = path.child(`scale.${field}`)
    const value = scale[field]
    if (!value) return [required(where)]
    const found = simplePathErrors(value, where)
    return found.length > 0 || value.startsWith(prefix) ? found : [invalidValue(where, value, detail)]
  })
  const selector = scale.labelSelectorPath
  if (!selector) return errors
  const where = path.child('scale.labelSelectorPath')
  const found = simplePathErrors(selector, where)
  const known = selector.startsWith('.spec.') || selector.startsWith('.status.')
  const outside = found.length === 0 && !known ? [invalidValue(where, selector, 'should be a json path under either .spec or .status')] : []
  return [...errors, ...found, ...outside]
}

/** A warning text goes with a deprecated version only, and into a header. */
export function deprecationErrors({ deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion, path: Path): FieldError[] {
  if (text === undefined) return []
  const where = path.child('deprecationWarning')
  if (deprecated !== true) return [invalidValue(where, text, 'can only be set for deprecated versions')]
  const errors: FieldError[] = []
  if (byteLength(text) > 256) errors.push(invalidValue(where, text, 'must be <= 256 characters long'))
  if (text === '') errors.push(invalidValue(where, text, 'must not be an empty string'))
  const index = text.search(/[\p{C}\p{Zl}\p{Zp}]/u)
  if (index >= 0) {
    const detail = `must only contain printable UTF-8 characters; non-printable character found at index ${byteLength(text.slice(0, index))}`
    errors.push(invalidValue(where, text, detail))
  }
  return errors
}
