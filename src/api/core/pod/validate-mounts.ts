// Rules of volume mounts and block devices of a container.
import type { Container, Volume, VolumeDevice, VolumeMount } from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, notFoundValue, notSupported, required } from '../../../apimachinery/field-errors.ts'
import { localDescendingPath, noBacksteps } from './validate-paths.ts'

type Volumes = ReadonlyMap<string, Volume>

/** Mounts: of volumes that exist, each at its own path, not also used as devices. */
export function validateVolumeMounts(container: Container, volumes: Volumes, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const devices = container.volumeDevices ?? []
  const paths = new Set<string>()
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const where = path.index(index)
    const { name = '', mountPath = '' } = mount
    if (!name) errors.push(required(where.child('name')))
    if (!volumes.has(name)) errors.push(notFoundValue(where.child('name'), name))
    if (!mountPath) errors.push(required(where.child('mountPath')))
    if (paths.has(mountPath)) errors.push(invalidValue(where.child('mountPath'), mountPath, 'must be unique'))
    paths.add(mountPath)
    if (devices.some((device) => device.name === name)) {
      errors.push(invalidValue(where.child('name'), name, 'must not already exist in volumeDevices'))
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      errors.push(invalidValue(where.child('mountPath'), mountPath, 'must not already exist as a path in volumeDevices'))
    }
    errors.push(...subPathErrors(mount, path, where), ...propagationErrors(mount, container, path.child('mountPropagation')))
    errors.push(...recursiveReadOnlyErrors(mount, path.child('recursiveReadOnly')))
  }
  return errors
}

function subPathErrors({ subPath, subPathExpr }: VolumeMount, path: Path, where: Path): FieldError[] {
  const errors: FieldError[] = []
  if (subPath) errors.push(...localDescendingPath(subPath, path.child('subPath')))
  if (!subPathExpr) return errors
  if (subPath) errors.push(invalidValue(where.child('subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
  return [...errors, ...localDescendingPath(subPathExpr, path.child('subPathExpr'))]
}

const propagations = ['Bidirectional', 'HostToContainer', 'None']

function propagationErrors({ mountPropagation }: VolumeMount, container: Container, path: Path): FieldError[] {
  if (mountPropagation === undefined) return []
  const errors = propagations.includes(mountPropagation) ? [] : [notSupported(path, mountPropagation, propagations)]
  if (mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
    errors.push(forbiddenField(path, 'Bidirectional mount propagation is available only to privileged containers'))
  }
  return errors
}

function recursiveReadOnlyErrors({ recursiveReadOnly, readOnly, mountPropagation }: VolumeMount, path: Path): FieldError[] {
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return []
  const modes = ['Disabled', 'Enabled', 'IfPossible']
  if (!modes.includes(recursiveReadOnly)) return [notSupported(path, recursiveReadOnly, modes)]
  const errors: FieldError[] = []
  if (readOnly !== true) errors.push(forbiddenField(path, 'may only be specified when readOnly is true'))
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    errors.push(forbiddenField(path, 'may only be specified when mountPropagation is None or not specified'))
  }
  return errors
}

/** Block devices: of claims only, each with its own path, not also mounted. */
export function validateVolumeDevices(container: Container, volumes: Volumes, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const paths = new Set<string>()
  for (const [index, device] of (container.volumeDevices ?? []).entries()) {
    const where = path.index(index)
    errors.push(...deviceNameErrors(device, volumes, names, where.child('name')))
    errors.push(...devicePathErrors(device, paths, path, where.child('devicePath')))
    const mounts = container.volumeMounts ?? []
    if (mounts.some((mount) => mount.name === device.name)) {
      errors.push(invalidValue(where.child('name'), device.name, 'must not already exist in volumeMounts'))
    }
    if (mounts.some((mount) => mount.mountPath === device.devicePath)) {
      errors.push(invalidValue(where.child('devicePath'), device.devicePath, 'must not already exist as a path in volumeMounts'))
    }
    if (device.name) names.add(device.name)
  }
  return errors
}

function deviceNameErrors({ name = '' }: VolumeDevice, volumes: Volumes, names: ReadonlySet<string>, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const volume = volumes.get(name)
  if (!name) errors.push(required(path))
  if (names.has(name)) errors.push(invalidValue(path, name, 'must be unique'))
  if (volume !== undefined && !volume.persistentVolumeClaim && !volume.ephemeral) {
    errors.push(invalidValue(path, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'))
  }
  if (volume === undefined) errors.push(notFoundValue(path, name))
  return errors
}

function devicePathErrors({ devicePath = '' }: VolumeDevice, paths: Set<string>, list: Path, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (!devicePath) errors.push(required(path))
  if (paths.has(devicePath)) errors.push(invalidValue(path, devicePath, 'must be unique'))
  if (devicePath && noBacksteps(devicePath, list).length > 0)
    errors.push(invalidValue(path, devicePath, "can not contain backsteps ('..')"))
  else paths.add(devicePath)
  return errors
}
