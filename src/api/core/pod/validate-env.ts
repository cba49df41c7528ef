// Rules of environment variables and of the references (downward API, resources, ConfigMaps, Secrets, files) that fill them.
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../../apimachinery/field-errors.ts'
import { configMapKey, envVarName, nameErrors } from '../../../apimachinery/names.ts'
import { compareQuantities } from '../../../apimachinery/quantity.ts'
import { invalidFor, objectName, qualified, requireText } from '../../shared/checks.ts'
import { localNonReservedPath } from './validate-paths.ts'

/** Names and sources of env. */
export function validateEnv(vars: readonly EnvVar[] | undefined, path: Path): FieldError[] {
  return (vars ?? []).flatMap((variable, index) => {
    const where = path.index(index)
    const nameErrors = variable.name
      ? invalidFor(where.child('name'), variable.name, envVarName(variable.name))
      : [required(where.child('name'))]
    return [...nameErrors, ...validateValueFrom(variable, where.child('valueFrom'))]
  })
}

const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

function validateValueFrom({ value, valueFrom }: EnvVar, path: Path): FieldError[] {
  if (valueFrom === undefined) return []
  const errors = sourceErrors(valueFrom, path)
  const count = Object.values(valueFrom).filter((source) => source !== undefined).length
  if (count === 0) {
    const detail = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    errors.push(invalidValue(path, '', detail))
  } else if (value) errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'))
  else if (count > 1) errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'))
  return errors
}

function sourceErrors(source: EnvVarSource, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (source.fieldRef) errors.push(...validateFieldRef(source.fieldRef, envFields, path.child('fieldRef')))
  if (source.resourceFieldRef) errors.push(...validateResourceFieldRef(source.resourceFieldRef, false, path.child('resourceFieldRef')))
  if (source.configMapKeyRef) errors.push(...keySelectorErrors(source.configMapKeyRef, path.child('configMapKeyRef')))
  if (source.secretKeyRef) errors.push(...keySelectorErrors(source.secretKeyRef, path.child('secretKeyRef')))
  if (source.fileKeyRef) errors.push(...fileKeyErrors(source.fileKeyRef, path.child('fileKeyRef')))
  return errors
}

function keySelectorErrors({ name, key }: ConfigMapKeySelector, path: Path): FieldError[] {
  const keyPath = path.child('key')
  return [...objectName(name ?? '', path.child('name')), ...(key ? invalidFor(keyPath, key, configMapKey(key)) : [required(keyPath)])]
}

function fileKeyErrors({ volumeName, path: file, key }: FileKeySelector, path: Path): FieldError[] {
  return [
    ...requireText(key, path.child('key')),
    ...(key ? invalidFor(path.child('key'), key, envVarName(key)) : []),
    ...requireText(volumeName, path.child('volumeName')),
    ...requireText(file, path.child('path')),
    ...localNonReservedPath(file ?? '', path.child('path')),
  ]
}

const downwardFields = new Set([
  ...envFields,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
])

/** A field of the pod: `metadata.name`, `metadata.labels['key']` … `allowed`: the ones without subscript that fit here. */
export function validateFieldRef({ apiVersion, fieldPath }: ObjectFieldSelector, allowed: readonly string[], path: Path): FieldError[] {
  if (!apiVersion) return [required(path.child('apiVersion'))]
  if (!fieldPath) return [required(path.child('fieldPath'))]
  const unknown = (reason: string) => [invalidValue(path.child('fieldPath'), fieldPath, `error converting fieldPath: ${reason}`)]
  if (apiVersion !== 'v1') return unknown(`unsupported pod version: ${apiVersion}`)
  const subscripted = /^([^[]+)\['(.*)'\]$/s.exec(fieldPath)
  if (subscripted !== null) {
    const [, map, key = ''] = subscripted
    if (map === 'metadata.annotations') return qualified(key.toLowerCase(), path)
    return map === 'metadata.labels' ? qualified(key, path) : unknown(`field label does not support subscript: ${fieldPath}`)
  }
  const field = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath
  if (!downwardFields.has(field)) return unknown(`field label not supported: ${fieldPath}`)
  return allowed.includes(field) ? [] : [notSupported(path.child('fieldPath'), field, [...allowed].sort())]
}

const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]
const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']

/** A request or limit of a container; in a volume the container must be named. */
export function validateResourceFieldRef(
  { containerName, resource, divisor }: ResourceFieldSelector,
  volume: boolean,
  path: Path,
): FieldError[] {
  const errors: FieldError[] = []
  const isHugePages = /^(requests|limits)\.hugepages-/.test(resource ?? '')
  if (volume && !containerName) errors.push(required(path.child('containerName')))
  else if (!resource) errors.push(required(path.child('resource')))
  else if (!resourceFields.includes(resource) && !isHugePages) errors.push(notSupported(path.child('resource'), resource, resourceFields))
  return [...errors, ...divisorErrors(resource ?? '', divisor ?? '0', path.child('divisor'))]
}

function divisorErrors(resource: string, divisor: string, path: Path): FieldError[] {
  if (compareQuantities(divisor, 0) === 0) return []
  const what = resource.slice(resource.indexOf('.') + 1)
  if (what === 'cpu') {
    return divisor === '1m' || divisor === '1'
      ? []
      : [invalidValue(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")]
  }
  const name = what.startsWith('hugepages-')
    ? 'hugepages'
    : ({ memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' } as Record<string, string>)[what]
  if (name === undefined || byteDivisors.includes(divisor)) return []
  return [invalidValue(path, resource, `only divisor's values ${byteDivisors.join(', ')} are supported with the ${name} resource`)]
}

/** Whole ConfigMaps and Secrets as environment. */
export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, path: Path): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, { prefix, configMapRef, secretRef }] of (sources ?? []).entries()) {
    const where = path.index(index)
    if (prefix) errors.push(...invalidFor(where.child('prefix'), prefix, envVarName(prefix)))
    if (configMapRef) errors.push(...referenceErrors(configMapRef.name, where.child('configMapRef', 'name')))
    if (secretRef) errors.push(...referenceErrors(secretRef.name, where.child('secretRef', 'name')))
    if (!configMapRef && !secretRef) errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'))
    else if (configMapRef && secretRef) errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'))
  }
  return errors
}

function referenceErrors(name: string | undefined, path: Path): FieldError[] {
  return name ? invalidFor(path, name, nameErrors('dns-subdomain', name, true)) : [required(path)]
}

/** fileKeyRef reads from an emptyDir volume of the pod. */
export function fileKeyVolumeErrors(vars: readonly EnvVar[] | undefined, emptyDirs: ReadonlySet<string>, path: Path): FieldError[] {
  return (vars ?? []).flatMap(({ valueFrom }, index) => {
    const name = valueFrom?.fileKeyRef?.volumeName
    if (!name || emptyDirs.has(name)) return []
    return [forbiddenField(path.index(index).child('valueFrom', 'fileKeyRef', 'volumeName'), 'referenced volume must be of type emptyDir')]
  })
}
