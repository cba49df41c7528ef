// Validation of CSIDrivers, CSINodes and CSIStorageCapacities. Words: pkg/apis/storage/validation upstream.
import type { CSIDriver, CSINode, CSINodeDriver, CSIStorageCapacity, TokenRequest } from '../../../openapi/types/storage/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, duplicate, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { byteLength } from '../../apimachinery/names.ts'
import { immutableField, immutableText } from '../../apimachinery/object-meta.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import { printedSelector } from '../apps/label-selector.ts'
import { nonNegative, objectName, oneOfIfSet, qualified } from '../shared/checks.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'
import { driverNameErrors } from './rules.ts'

const modes = ['Persistent', 'Ephemeral']
const minTokenSeconds = 600
const maxTokenSeconds = 2 ** 32
const maxNodeIdBytes = 256

/** Rules of a CSIDriver. */
export function csiDriverErrors({ spec }: CSIDriver): FieldError[] {
  const path = at('spec')
  const errors: FieldError[] = []
  if (spec?.attachRequired === undefined) errors.push(required(path.child('attachedRequired')))
  if (spec?.podInfoOnMount === undefined) errors.push(required(path.child('podInfoOnMount')))
  if (spec?.storageCapacity === undefined) errors.push(required(path.child('storageCapacity')))
  errors.push(...oneOfIfSet(spec?.fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType'], path.child('fsGroupPolicy')))
  errors.push(...tokenRequestErrors(spec?.tokenRequests ?? [], path.child('tokenRequests')))
  for (const mode of spec?.volumeLifecycleModes ?? []) {
    if (!modes.includes(mode)) errors.push(notSupported(path.child('volumeLifecycleModes'), mode, modes))
  }
  if (spec?.seLinuxMount === undefined) errors.push(required(path.child('seLinuxMount')))
  const period = spec?.nodeAllocatableUpdatePeriodSeconds
  if (period !== undefined && period < 10) {
    errors.push(invalidValue(path.child('nodeAllocatableUpdatePeriodSeconds'), period, 'must be greater than or equal to 10 seconds'))
  }
  const inSecrets = spec?.serviceAccountTokenInSecrets
  if (inSecrets !== undefined && (spec?.tokenRequests?.length ?? 0) === 0) {
    const detail = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'
    errors.push(invalidValue(path.child('serviceAccountTokenInSecrets'), inSecrets, detail))
  }
  return errors
}

function tokenRequestErrors(requests: readonly TokenRequest[], path: Path): FieldError[] {
  const audiences = new Set<string>()
  return requests.flatMap(({ audience, expirationSeconds: seconds }, index) => {
    const where = path.index(index)
    if (audiences.has(audience)) return [duplicate(where.child('audience'), audience)]
    audiences.add(audience)
    const expiration = where.child('expirationSeconds')
    if (seconds === undefined) return []
    if (seconds < minTokenSeconds) return [invalidValue(expiration, seconds, 'may not specify a duration less than 10 minutes')]
    return seconds > maxTokenSeconds ? [invalidValue(expiration, seconds, 'may not specify a duration larger than 2^32 seconds')] : []
  })
}

/** Attachment and modes never change. */
export function csiDriverUpdateErrors(driver: CSIDriver, old: CSIDriver): FieldError[] {
  return [
    ...immutableField(driver.spec?.attachRequired, old.spec?.attachRequired, at('spec', 'attachedRequired')),
    ...immutableField(driver.spec?.volumeLifecycleModes, old.spec?.volumeLifecycleModes, at('spec', 'volumeLifecycleModes')),
  ]
}

/** Rules of a CSINode. */
export function csiNodeErrors({ spec }: CSINode): FieldError[] {
  const names = new Set<string>()
  return (spec?.drivers ?? []).flatMap((driver, index) => {
    const path = at('spec', 'drivers').index(index)
    const errors = nodeDriverErrors(driver, path)
    if (names.has(driver.name)) errors.push(duplicate(path.child('name'), driver.name))
    names.add(driver.name)
    return [...errors, ...topologyKeyErrors(driver.topologyKeys ?? [], path)]
  })
}

function nodeDriverErrors({ name, nodeID, allocatable }: CSINodeDriver, path: Path): FieldError[] {
  const errors = driverNameErrors(name, path.child('name'))
  if (!nodeID) errors.push(required(path.child('nodeID')))
  else if (byteLength(nodeID) > maxNodeIdBytes) {
    errors.push(invalidValue(path.child('nodeID'), nodeID, `must be ${maxNodeIdBytes} characters or less`))
  }
  return [...errors, ...nonNegative(allocatable?.count, path.child('allocatable', 'count'))]
}

function topologyKeyErrors(keys: readonly string[], path: Path): FieldError[] {
  return keys.flatMap((key, index) => [
    ...(key === '' ? [required(path)] : []),
    ...(keys.indexOf(key) < index ? [duplicate(path, key)] : []),
    ...qualified(key, path),
  ])
}

/** An entry of a driver never changes, but for how many volumes fit. */
export function csiNodeUpdateErrors(node: CSINode, old: CSINode): FieldError[] {
  const fixed = ({ allocatable: _allocatable, ...rest }: CSINodeDriver): unknown => rest
  return (old.spec?.drivers ?? []).flatMap((before) => {
    const driver = node.spec?.drivers?.find(({ name }) => name === before.name)
    if (driver === undefined || semanticEqual(fixed(driver), fixed(before))) return []
    const shown = { Name: driver.name, NodeID: driver.nodeID, TopologyKeys: driver.topologyKeys ?? null, Allocatable: null }
    return [invalidValue(at('spec', 'drivers'), shown, immutableText)]
  })
}

/** Rules of a CSIStorageCapacity. */
export function capacityErrors({ nodeTopology, storageClassName, capacity }: CSIStorageCapacity): FieldError[] {
  const errors = [...validateLabelSelector(nodeTopology, at('nodeTopology')), ...objectName(storageClassName ?? '', at('storageClassName'))]
  if (capacity !== undefined && compareQuantities(capacity, '0') < 0) {
    errors.push(invalidValue(at('capacity'), capacity, 'must be greater than or equal to 0'))
  }
  return errors
}

/** Where and of which class it speaks never changes. */
export function capacityUpdateErrors(capacity: CSIStorageCapacity, old: CSIStorageCapacity): FieldError[] {
  const errors: FieldError[] = []
  if (!semanticEqual(capacity.nodeTopology, old.nodeTopology)) {
    errors.push(invalidValue(at('nodeTopology'), printedSelector(capacity.nodeTopology), immutableText))
  }
  return [...errors, ...immutableField(capacity.storageClassName, old.storageClassName, at('storageClassName'))]
}
