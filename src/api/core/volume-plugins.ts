// Rules of the volume sources of in-tree plugins, most of them long retired: pods and PersistentVolumes share them.
import type {
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  HostPathVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
  StorageOSVolumeSource,
  Volume,
} from '../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { rangeText } from '../../apimachinery/names.ts'
import { dnsLabel, oneOfIfSet, requireText } from '../shared/checks.ts'
import { localDescendingPath, noBacksteps } from './pod/validate-paths.ts'

/** A check for each source by its field. */
export type SourceChecks<T> = { [F in keyof T]?: (source: NonNullable<T[F]>, path: Path) => FieldError[] }

/** Checks that the source names all of `fields`. */
function needs<S>(...fields: (keyof S & string)[]): (source: S, path: Path) => FieldError[] {
  return (source, path) => fields.flatMap((field) => (isEmpty(source[field]) ? [required(path.child(field))] : []))
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

type Checks = SourceChecks<Omit<Volume, 'name'>>

/** What pods and PersistentVolumes check alike. */
export const sharedVolumePlugins = {
  hostPath: validateHostPath,
  gcePersistentDisk: ({ pdName, partition }, path) => [...requireText(pdName, path.child('pdName')), ...partitionErrors(partition, path)],
  awsElasticBlockStore: ({ volumeID, partition }, path) => [
    ...requireText(volumeID, path.child('volumeID')),
    ...partitionErrors(partition, path),
  ],
  nfs: nfsErrors,
  flocker: flockerErrors,
  rbd: needs('monitors', 'image'),
  cephfs: needs('monitors'),
  quobyte: quobyteErrors,
  fc: fcErrors,
  flexVolume: ({ driver, options }, path) => [
    ...requireText(driver, path.child('driver')),
    ...flexOptionErrors(options, path.child('options')),
  ],
  vsphereVolume: needs('volumePath'),
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  azureDisk: azureDiskErrors,
  scaleIO: needs('gateway', 'system', 'volumeName'),
} satisfies Checks

/** The in-tree sources of a pod's volume. */
export const podVolumePlugins = {
  ...sharedVolumePlugins,
  gitRepo: ({ repository, directory }, path) => [
    ...requireText(repository, path.child('repository')),
    ...localDescendingPath(directory ?? '', path.child('directory')),
  ],
  iscsi: (source, path) => [...validateISCSI(source, path, 'must be valid format starting with iqn, eui, or naa')],
  glusterfs: needs('endpoints', 'path'),
  cinder: ({ volumeID, secretRef }, path) => [
    ...requireText(volumeID, path.child('volumeID')),
    ...(secretRef ? requireText(secretRef.name, path.child('secretRef', 'name')) : []),
  ],
  azureFile: needs('secretName', 'shareName'),
  storageos: (source, path) => [
    ...validateStorageOS(source, path),
    ...(source.secretRef ? requireText(source.secretRef.name, path.child('secretRef', 'name')) : []),
  ],
} satisfies Checks

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']

function validateHostPath({ path: target, type }: HostPathVolumeSource, path: Path): FieldError[] {
  if (!target) return [required(path.child('path'))]
  return [...noBacksteps(target, path.child('path')), ...oneOfIfSet(type, hostPathTypes, path.child('type'))]
}

function partitionErrors(partition: number | undefined, path: Path): FieldError[] {
  if (partition === undefined || (partition >= 0 && partition <= 255)) return []
  return [invalidValue(path.child('partition'), partition, rangeText(1, 255))]
}

function nfsErrors({ server, path: target = '' }: NFSVolumeSource, path: Path): FieldError[] {
  const errors = [...requireText(server, path.child('server')), ...requireText(target, path.child('path'))]
  return target.startsWith('/') ? errors : [...errors, invalidValue(path.child('path'), target, 'must be an absolute path')]
}

const iqnPattern = /iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/
const iscsiNames: readonly (readonly [string, RegExp])[] = [
  ['iqn', iqnPattern],
  ['eui', /^eui.[A-Za-z0-9]{16}$/],
  ['naa', /^naa.[A-Za-z0-9]{32}$/],
]
const iscsiNameMax = 512

/** `unknownPrefix`: the text for names that begin with none of iqn, eui and naa. */
export function validateISCSI(source: ISCSIVolumeSource, path: Path, unknownPrefix: string): FieldError[] {
  const { targetPortal, iqn, lun = 0, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName } = source
  const errors = requireText(targetPortal, path.child('targetPortal'))
  if (!iqn) errors.push(required(path.child('iqn')))
  else errors.push(...iscsiNameErrors(iqn, path.child('iqn'), unknownPrefix))
  if (lun < 0 || lun > 255) errors.push(invalidValue(path.child('lun'), lun, rangeText(0, 255)))
  if ((chapAuthDiscovery || chapAuthSession) && secretRef === undefined) errors.push(required(path.child('secretRef')))
  if (initiatorName !== undefined) errors.push(...iscsiNameErrors(initiatorName, path.child('initiatorname'), unknownPrefix))
  return errors
}

function iscsiNameErrors(name: string, path: Path, unknownPrefix: string): FieldError[] {
  const rule = iscsiNames.find(([prefix]) => name.startsWith(prefix))
  if (rule === undefined) return [invalidValue(path, name, unknownPrefix)]
  return name.length <= iscsiNameMax && rule[1].test(name) ? [] : [invalidValue(path, name, 'must be valid format')]
}

function fcErrors({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const names = path.child('targetWWNs')
  if (targetWWNs.length === 0 && wwids.length === 0) errors.push(required(names, 'must specify either targetWWNs or wwids, but not both'))
  if (targetWWNs.length === 0) return errors
  if (wwids.length > 0) errors.push(invalidValue(names, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'))
  if (lun === undefined) errors.push(required(path.child('lun'), 'lun is required if targetWWNs is specified'))
  else if (lun < 0 || lun > 255) errors.push(invalidValue(path.child('lun'), lun, rangeText(0, 255)))
  return errors
}

function flockerErrors({ datasetName, datasetUUID }: FlockerVolumeSource, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (!datasetName && !datasetUUID) errors.push(required(path, 'one of datasetName and datasetUUID is required'))
  if (datasetName && datasetUUID) {
    errors.push(invalidValue(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  }
  if (datasetName?.includes('/')) errors.push(invalidValue(path.child('datasetName'), datasetName, "must not contain '/'"))
  return errors
}

const registryText = 'must be a host:port pair or multiple pairs separated by commas'

function quobyteErrors({ registry, tenant, volume }: QuobyteVolumeSource, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (!registry) errors.push(required(path.child('registry'), registryText))
  else if ((tenant ?? '').length >= 65) {
    errors.push(required(path.child('tenant'), 'must be a UUID and may not exceed a length of 64 characters'))
  } else {
    const wrong = registry.split(',').filter((pair) => !/^(\[[^\]]*\]|[^:[\]]*):[^:]*$/.test(pair))
    errors.push(...wrong.map(() => invalidValue(path.child('registry'), registry, registryText)))
  }
  return [...errors, ...requireText(volume, path.child('volume'))]
}

function flexOptionErrors(options: Readonly<Record<string, string>> | undefined, path: Path): FieldError[] {
  return Object.keys(options ?? {})
    .filter((key) =>
      /\.(kubernetes\.io|k8s\.io)$/.test(`.${(key.split('/', 2).length === 2 ? key.slice(0, key.indexOf('/')) : key).toLowerCase()}`),
    )
    .map((key) => invalidValue(path.key(key), key, 'kubernetes.io and k8s.io namespaces are reserved'))
}

const managedDisk = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const blobDisk = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

function azureDiskErrors({ diskName, diskURI = '', cachingMode, kind }: AzureDiskVolumeSource, path: Path): FieldError[] {
  const errors = [...requireText(diskName, path.child('diskName')), ...requireText(diskURI, path.child('diskURI'))]
  errors.push(...oneOfIfSet(cachingMode, ['None', 'ReadOnly', 'ReadWrite'], path.child('cachingMode')))
  errors.push(...oneOfIfSet(kind, ['Dedicated', 'Managed', 'Shared'], path.child('kind')))
  if (kind === undefined) return errors
  const [prefix, example] = kind === 'Managed' ? ['/subscriptions/', managedDisk] : ['https://', blobDisk]
  if (!diskURI.startsWith(prefix)) errors.push(notSupported(path.child('diskURI'), diskURI, [example]))
  return errors
}

/** The names of a StorageOS volume. */
export function validateStorageOS({ volumeName, volumeNamespace }: StorageOSVolumeSource, path: Path): FieldError[] {
  const where = path.child('volumeName')
  const errors = volumeName ? dnsLabel(volumeName, where) : [required(where)]
  return volumeNamespace ? [...errors, ...dnsLabel(volumeNamespace, path.child('volumeNamespace'))] : errors
}
