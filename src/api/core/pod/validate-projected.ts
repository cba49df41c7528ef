// Rules of downwardAPI and projected volumes: many sources, one directory.
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../../apimachinery/field-errors.ts'
import { nameErrors } from '../../../apimachinery/names.ts'
import { invalidFor, requireText } from '../../shared/checks.ts'
import { validateLabelSelector } from '../../shared/validate-label-selector.ts'
import { validateSignerName } from '../../shared/validate-signer-name.ts'
import { validateFieldRef, validateResourceFieldRef } from './validate-env.ts'
import { fileMode, localNonReservedPath, validateKeyToPath } from './validate-paths.ts'

const volumeFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid']

/** A volume of the pod's own fields. */
export function validateDownwardAPI({ defaultMode, items }: DownwardAPIVolumeSource, path: Path): FieldError[] {
  return [...fileMode(defaultMode, path.child('defaultMode')), ...(items ?? []).flatMap((file) => downwardFileErrors(file, path))]
}

function downwardFileErrors(file: DownwardAPIVolumeFile, path: Path): FieldError[] {
  const errors = [...requireText(file.path, path.child('path')), ...localNonReservedPath(file.path ?? '', path.child('path'))]
  if (file.fieldRef) {
    errors.push(...validateFieldRef(file.fieldRef, volumeFields, path.child('fieldRef')))
    if (file.resourceFieldRef)
      errors.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
  } else if (file.resourceFieldRef) errors.push(...validateResourceFieldRef(file.resourceFieldRef, true, path.child('resourceFieldRef')))
  else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'))
  return [...errors, ...fileMode(file.mode, path.child('mode'))]
}

/** A volume of several sources: no two may write the same file. */
export function validateProjected({ defaultMode, sources }: ProjectedVolumeSource, path: Path): FieldError[] {
  const files = new Set<string>()
  const errors = fileMode(defaultMode, path.child('defaultMode'))
  for (const [index, source] of (sources ?? []).entries()) {
    const where = path.child('sources').index(index)
    errors.push(...projectionErrors(source, files, path, where))
    if (Object.values(source).filter((value) => value !== undefined).length > 1) {
      errors.push(forbiddenField(where, 'may not specify more than 1 volume type per source'))
    }
  }
  return errors
}

/** `volume` is the path of the projected volume itself: some of upstream's errors point there. */
function projectionErrors(source: VolumeProjection, files: Set<string>, volume: Path, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const clash = (file: string | undefined, value: unknown): FieldError[] => {
    if (!file) return []
    if (files.has(file)) return [invalidValue(volume, value, 'conflicting duplicate paths')]
    files.add(file)
    return []
  }
  const items = (list: readonly KeyToPath[] | undefined, name: string | undefined, where: Path) =>
    (list ?? []).flatMap((item, index) => [...validateKeyToPath(item, where.child('items').index(index)), ...clash(item.path, name)])
  for (const kind of ['secret', 'configMap'] as const) {
    const projection = source[kind]
    if (!projection) continue
    errors.push(...requireText(projection.name, path.child(kind, 'name')), ...items(projection.items, projection.name, path.child(kind)))
  }
  for (const file of source.downwardAPI?.items ?? []) {
    errors.push(...downwardFileErrors(file, path.child('downwardAPI')), ...clash(file.path, file.path))
  }
  if (source.serviceAccountToken) errors.push(...tokenErrors(source.serviceAccountToken, volume, path.child('serviceAccountToken')))
  if (source.clusterTrustBundle) {
    const { path: file } = source.clusterTrustBundle
    errors.push(...trustBundleErrors(source.clusterTrustBundle, path.child('clusterTrustBundle')), ...clash(file, file))
  }
  if (source.podCertificate) errors.push(...certificateErrors(source.podCertificate, clash, path.child('podCertificate')))
  return errors
}

function tokenErrors({ expirationSeconds = 0, path: file }: ServiceAccountTokenProjection, volume: Path, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const where = path.child('expirationSeconds')
  if (expirationSeconds < 600) errors.push(invalidValue(where, expirationSeconds, 'may not specify a duration less than 10 minutes'))
  if (expirationSeconds > 2 ** 32)
    errors.push(invalidValue(where, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'))
  if (!file) return [...errors, required(volume.child('path'))]
  return [...errors, ...localNonReservedPath(file, volume.child('path'))]
}

function trustBundleErrors(bundle: ClusterTrustBundleProjection, path: Path): FieldError[] {
  const { name, signerName, labelSelector, path: file } = bundle
  const errors: FieldError[] = []
  if (name !== undefined && signerName !== undefined) errors.push(invalidValue(path, bundle, 'only one of name and signerName may be used'))
  else if (name !== undefined) {
    if (name === '') errors.push(required(path.child('name'), 'must be a valid object name'))
    const plain = nameErrors('dns-subdomain', name.includes(':') ? name.slice(name.lastIndexOf(':') + 1) : name, false)
    errors.push(
      ...invalidFor(
        path.child('name'),
        name,
        plain.map((message) => `not a valid clustertrustbundlename: ${message}`),
      ),
    )
    if (labelSelector)
      errors.push(invalidValue(path.child('labelSelector'), labelSelector, 'labelSelector must be unset if name is specified'))
  } else if (signerName !== undefined) {
    if (signerName === '') errors.push(required(path.child('signerName'), 'must be a valid signer name'))
    errors.push(
      ...validateSignerName(signerName, path.child('signerName')),
      ...validateLabelSelector(labelSelector, path.child('labelSelector')),
    )
  } else errors.push(required(path, 'either name or signerName must be specified'))
  return [...errors, ...requireText(file, path.child('path')), ...localNonReservedPath(file ?? '', path.child('path'))]
}

const keyTypes = ['ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519', 'RSA3072', 'RSA4096']
const certificateSecondsMin = 3600
const certificateSecondsMax = 91 * 86400
const kubernetesCertificateSecondsMax = 86400

function certificateErrors(
  projection: PodCertificateProjection,
  clash: (file: string | undefined, value: unknown) => FieldError[],
  path: Path,
): FieldError[] {
  const { signerName, keyType, maxExpirationSeconds: seconds, credentialBundlePath, keyPath, certificateChainPath } = projection
  const errors = validateSignerName(signerName ?? '', path.child('signerName'))
  if (!keyTypes.includes(keyType)) {
    errors.push(notSupported(path.child('keyType'), keyType ?? '', keyTypes))
  }
  if (seconds !== undefined) {
    const max = signerName?.startsWith('kubernetes.io/') ? kubernetesCertificateSecondsMax : certificateSecondsMax
    const where = path.child('maxExpirationSeconds')
    if (seconds < certificateSecondsMin)
      errors.push(invalidValue(where, seconds, `if provided, maxExpirationSeconds must be >= ${certificateSecondsMin}`))
    if (seconds > max) errors.push(invalidValue(where, seconds, `if provided, maxExpirationSeconds must be <= ${max}`))
  }
  const files = { credentialBundlePath, keyPath, certificateChainPath }
  if (Object.values(files).every((file) => !file)) {
    errors.push(required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'))
  }
  for (const [field, file] of Object.entries(files)) {
    if (file) errors.push(...localNonReservedPath(file, path.child(field)), ...clash(file, file))
  }
  return errors
}
