// What may be in ConfigMaps and Secrets: keys, sizes, immutability, and the entries that typed secrets need.
import type { ConfigMap, Secret } from '../../../openapi/types/core/v1.ts'
import { base64Bytes } from '../../apimachinery/base64.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, required, tooLong } from '../../apimachinery/field-errors.ts'
import { JsonError, parseJson } from '../../apimachinery/json.ts'
import { byteLength, configMapKey } from '../../apimachinery/names.ts'
import { immutableField } from '../../apimachinery/object-meta.ts'
import { invalidFor } from '../shared/checks.ts'

const dataMaxBytes = 1024 * 1024
const lockedText = 'field is immutable when `immutable` is set'

/** A ConfigMap: each key in one of the two maps, at most 1 MiB together. */
export function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(data)) {
    const where = at('data').key(key)
    errors.push(...invalidFor(where, key, configMapKey(key)))
    if (Object.hasOwn(binaryData, key)) errors.push(invalidValue(where, key, 'duplicate of key present in binaryData'))
    bytes += byteLength(value)
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...invalidFor(at('binaryData').key(key), key, configMapKey(key)))
    bytes += base64Bytes(value)
  }
  return bytes > dataMaxBytes ? [...errors, tooLong('', '', dataMaxBytes)] : errors
}

/** An immutable ConfigMap stays so, and its data too. */
export function validateConfigMapUpdate(config: ConfigMap, old: ConfigMap): FieldError[] {
  return lockedErrors(config, old, ['data', 'binaryData'])
}

/** A Secret: keys, at most 1 MiB, and what its type asks for. */
export function validateSecret(secret: Secret): FieldError[] {
  const path = at('data')
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(secret.data ?? {})) {
    errors.push(...invalidFor(path.key(key), key, configMapKey(key)))
    bytes += base64Bytes(value)
  }
  if (bytes > dataMaxBytes) errors.push(tooLong(path, '', dataMaxBytes))
  return [...errors, ...typeErrors(secret, path)]
}

/** The type never changes; an immutable Secret not at all. */
export function validateSecretUpdate(secret: Secret, old: Secret): FieldError[] {
  return [...immutableField(secret.type, old.type, at('type')), ...lockedErrors(secret, old, ['data'])]
}

function lockedErrors<T extends { immutable?: boolean }>(object: T, old: T, fields: readonly (keyof T & string)[]): FieldError[] {
  if (old.immutable !== true) return []
  const errors = object.immutable === true ? [] : [forbiddenField('immutable', lockedText)]
  const changed = fields.filter((field) => !semanticDeepEqual(object[field], old[field]))
  return [...errors, ...changed.map((field) => forbiddenField(field, lockedText))]
}

const accountNameKey = 'kubernetes.io/service-account.name'

function typeErrors({ type, data = {}, metadata }: Secret, path: Path): FieldError[] {
  const missing = (...keys: string[]) => keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(path.key(key)))
  switch (type) {
    case 'kubernetes.io/service-account-token':
      return metadata?.annotations?.[accountNameKey] ? [] : [required(at('metadata', 'annotations').key(accountNameKey))]
    case 'kubernetes.io/dockercfg':
      return jsonErrors(data['.dockercfg'], path.key('.dockercfg'))
    case 'kubernetes.io/dockerconfigjson':
      return jsonErrors(data['.dockerconfigjson'], path.key('.dockerconfigjson'))
    case 'kubernetes.io/basic-auth': {
      const absent = missing('username', 'password')
      return absent.length === 2 ? absent : []
    }
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required(path.key('ssh-privatekey'))]
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key')
    default:
      return []
  }
}

function jsonErrors(encoded: string | undefined, path: Path): FieldError[] {
  if (encoded === undefined) return [required(path)]
  const redacted = (message: string) => [invalidValue(path, '<secret contents redacted>', message)]
  try {
    const value = parseJson(Buffer.from(encoded, 'base64'))
    const isMap = typeof value === 'object' && !Array.isArray(value)
    return isMap ? [] : redacted(`json: cannot unmarshal ${goTypeOf(value)} into Go value of type map[string]interface {}`)
  } catch (error) {
    if (error instanceof JsonError) return redacted(error.message)
    return redacted('unexpected end of JSON input')
  }
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
