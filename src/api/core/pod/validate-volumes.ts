// Rules of spec.volumes: names, and exactly one source each. The sources of old in-tree plugins: ../volume-plugins.ts.
import type {
  ConfigMapVolumeSource,
  CSIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  KeyToPath,
  SecretVolumeSource,
  Volume,
} from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { duplicate, forbiddenField, invalidValue, required, tooLong } from '../../../apimachinery/field-errors.ts'
import { dns1123Subdomain, nameErrors } from '../../../apimachinery/names.ts'
import { validateAnnotations, validateLabels } from '../../../apimachinery/object-meta.ts'
import { compareQuantities } from '../../../apimachinery/quantity.ts'
import { dnsLabel, invalidFor, oneOf, requireText } from '../../shared/checks.ts'
import { validateClaimSpec } from '../validate-claim.ts'
import type { SourceChecks } from '../volume-plugins.ts'
import { podVolumePlugins } from '../volume-plugins.ts'
import { fileMode, validateKeyToPath } from './validate-paths.ts'
import { validateDownwardAPI, validateProjected } from './validate-projected.ts'

/** Whose volumes they are: `podName` of a real pod (templates have none), `isPod` false for templates. */
export interface VolumeContext {
  podName?: string
  isPod: boolean
}

type SourceField = Exclude<keyof Volume, 'name'>

const checks: SourceChecks<Omit<Volume, 'name'>> = {
  ...podVolumePlugins,
  emptyDir: emptyDirErrors,
  secret: secretErrors,
  persistentVolumeClaim: ({ claimName }, path) => requireText(claimName, path.child('claimName')),
  downwardAPI: validateDownwardAPI,
  configMap: configMapErrors,
  projected: validateProjected,
  csi: csiErrors,
  ephemeral: ephemeralErrors,
}

/** In the order of upstream's checks: the first source found is checked, every further one refused. */
const order: readonly SourceField[] = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
]

/** Checks all volumes; returns the errors, and the good ones by name for the checks of mounts. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  path: Path,
  context: VolumeContext,
): { errors: FieldError[]; byName: Map<string, Volume> } {
  const errors: FieldError[] = []
  const byName = new Map<string, Volume>()
  const created = new Set(
    (context.podName ? (volumes ?? []) : []).filter((volume) => volume.ephemeral).map(({ name }) => `${context.podName}-${name}`),
  )
  for (const [index, volume] of (volumes ?? []).entries()) {
    const where = path.index(index)
    const own = [...sourceErrors(volume, where, context), ...volumeNameErrors(volume.name, byName, where.child('name'))]
    if (own.length === 0) byName.set(volume.name, volume)
    errors.push(...own)
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim !== undefined && created.has(claim)) {
      const detail = 'must not reference a PVC that gets created for an ephemeral volume'
      errors.push(invalidValue(where.child('persistentVolumeClaim', 'claimName'), claim, detail))
    }
  }
  return { errors, byName }
}

function volumeNameErrors(name: string | undefined, seen: ReadonlyMap<string, Volume>, path: Path): FieldError[] {
  if (!name) return [required(path)]
  return [...dnsLabel(name, path), ...(seen.has(name) ? [duplicate(path, name)] : [])]
}

function sourceErrors(volume: Volume, path: Path, context: VolumeContext): FieldError[] {
  const [first, ...further] = order.filter((field) => volume[field] !== undefined)
  if (first === undefined) return [required(path, 'must specify a volume type')]
  const check = checks[first] as ((source: unknown, path: Path) => FieldError[]) | undefined
  const where = path.child(first === 'gcePersistentDisk' ? 'persistentDisk' : first)
  return [
    ...(check?.(volume[first], where) ?? imageErrors(volume, where, context)),
    ...further.map((field) => forbiddenField(path.child(field), 'may not specify more than 1 volume type')),
    ...initiatorErrors(volume, path),
    ...ephemeralNameErrors(volume, path, context),
  ]
}

const initiatorMax = 64

function initiatorErrors({ name = '', iscsi }: Volume, path: Path): FieldError[] {
  if (iscsi?.initiatorName === undefined || `${name}:${iscsi.targetPortal}`.length <= initiatorMax) return []
  const detail = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
  return [invalidValue(path.child('name'), name, detail)]
}

/** The claim made for an ephemeral volume is named after pod and volume. */
function ephemeralNameErrors({ name, ephemeral }: Volume, path: Path, { podName }: VolumeContext): FieldError[] {
  if (!ephemeral || !podName || !name) return []
  const claim = `${podName}-${name}`
  return invalidFor(
    path.child('name'),
    name,
    nameErrors('dns-subdomain', claim, false).map((message) => `PVC name ${JSON.stringify(claim)}: ${message}`),
  )
}

function emptyDirErrors({ sizeLimit }: EmptyDirVolumeSource, path: Path): FieldError[] {
  if (sizeLimit === undefined || compareQuantities(sizeLimit, 0) >= 0) return []
  return [forbiddenField(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity')]
}

function secretErrors({ secretName, defaultMode, items }: SecretVolumeSource, path: Path): FieldError[] {
  return [
    ...requireText(secretName, path.child('secretName')),
    ...fileMode(defaultMode, path.child('defaultMode')),
    ...itemsErrors(items, path),
  ]
}

function configMapErrors({ name, defaultMode, items }: ConfigMapVolumeSource, path: Path): FieldError[] {
  return [...requireText(name, path.child('name')), ...fileMode(defaultMode, path.child('defaultMode')), ...itemsErrors(items, path)]
}

function itemsErrors(items: readonly KeyToPath[] | undefined, path: Path): FieldError[] {
  return (items ?? []).flatMap((item, index) => validateKeyToPath(item, path.child('items').index(index)))
}

const driverNameMax = 63

/** The name of a CSI driver. */
export function validateCSIDriverName(name: string | undefined, path: Path): FieldError[] {
  const errors = requireText(name, path)
  if ((name ?? '').length > driverNameMax) errors.push(tooLong(path, name, driverNameMax))
  return [...errors, ...invalidFor(path, name ?? '', dns1123Subdomain((name ?? '').toLowerCase()))]
}

function csiErrors({ driver, nodePublishSecretRef: secret }: CSIVolumeSource, path: Path): FieldError[] {
  const errors = validateCSIDriverName(driver, path.child('driver'))
  if (secret === undefined) return errors
  if (!secret.name) return [...errors, required(path.child('nodePublishSecretRef', 'name'))]
  return [...errors, ...invalidFor(path.child('name'), secret.name, nameErrors('dns-subdomain', secret.name, false))]
}

/** Metadata of a claim template: labels and annotations only. */
function ephemeralErrors({ volumeClaimTemplate: template }: EphemeralVolumeSource, path: Path): FieldError[] {
  const where = path.child('volumeClaimTemplate')
  if (template === undefined) return [required(where)]
  const { annotations, labels, ...others } = template.metadata ?? {}
  const metadata = where.child('metadata')
  return [
    ...validateAnnotations(annotations, metadata.child('annotations')),
    ...validateLabels(labels, metadata.child('labels')),
    ...Object.entries(others)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([field]) => forbiddenField(metadata.child(field), 'cannot be set')),
    ...validateClaimSpec(template.spec ?? {}, where.child('spec')),
  ]
}

function imageErrors({ image }: Volume, path: Path, { isPod }: VolumeContext): FieldError[] {
  const errors = isPod && !image?.reference ? [required(path.child('reference'))] : []
  return [...errors, ...oneOf(image?.pullPolicy, ['Always', 'IfNotPresent', 'Never'], path.child('pullPolicy'))]
}
