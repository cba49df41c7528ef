// Validation of claims, their templates, device classes and slices, but for CEL selectors. Words: pkg/apis/resource/validation upstream.
import type {
  DeviceClaim,
  DeviceClass,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
} from '../../../openapi/types/resource/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, duplicate, invalidValue, notSupported, required, tooLong, tooMany } from '../../apimachinery/field-errors.ts'
import { byteLength, dns1123Subdomain } from '../../apimachinery/names.ts'
import { immutableField } from '../../apimachinery/object-meta.ts'
import { dnsLabel, dnsSubdomain, invalidFor } from '../shared/checks.ts'

const maxItems = 32
const maxAlternatives = 8
const maxDevices = 128
const maxDriverBytes = 63
const exactlyOne = 'exactly one of `exactly` or `firstAvailable` is required'

/** Rules of a new claim. */
export function claimErrors({ spec }: ResourceClaim): FieldError[] {
  return deviceClaimErrors(spec?.devices, at('spec', 'devices'))
}

/** What is asked for never changes. */
export function claimUpdateErrors(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  return immutableField(claim.spec, old.spec, at('spec'))
}

/** Rules of a new template. */
export function claimTemplateErrors({ spec }: ResourceClaimTemplate): FieldError[] {
  return deviceClaimErrors(spec?.spec?.devices, at('spec', 'spec', 'devices'))
}

/** A template never changes. */
export function claimTemplateUpdateErrors(template: ResourceClaimTemplate, old: ResourceClaimTemplate): FieldError[] {
  return immutableField(template.spec, old.spec, at('spec'))
}

function deviceClaimErrors(claim: DeviceClaim | undefined, path: Path): FieldError[] {
  const { requests = [], constraints = [], config = [] } = claim ?? {}
  return [
    ...sizeErrors(requests, maxItems, path.child('requests')),
    ...namedErrors(requests, path.child('requests')),
    ...requests.flatMap((request, index) => requestErrors(request, path.child('requests').index(index))),
    ...sizeErrors(constraints, maxItems, path.child('constraints')),
    ...sizeErrors(config, maxItems, path.child('config')),
  ]
}

function sizeErrors(list: readonly unknown[], max: number, path: Path): FieldError[] {
  return list.length > max ? [tooMany(path, list.length, max)] : []
}

function namedErrors(list: readonly { name: string }[], path: Path): FieldError[] {
  const names = list.map(({ name }) => name)
  return names.flatMap((name, index) => (names.indexOf(name) < index ? [duplicate(path.index(index), name)] : []))
}

function requestErrors({ name, exactly, firstAvailable = [] }: DeviceRequest, path: Path): FieldError[] {
  const errors = name ? dnsLabel(name, path.child('name')) : [required(path.child('name'))]
  if (exactly === undefined && firstAvailable.length === 0) return [...errors, required(path, exactlyOne)]
  if (exactly !== undefined && firstAvailable.length > 0) {
    return [...errors, invalidValue(path, null, `${exactlyOne}, but multiple fields are set`)]
  }
  if (exactly !== undefined) return [...errors, ...exactErrors(exactly, path.child('exactly'))]
  const list = path.child('firstAvailable')
  errors.push(...sizeErrors(firstAvailable, maxAlternatives, list), ...namedErrors(firstAvailable, list))
  return [
    ...errors,
    ...firstAvailable.flatMap((alternative, index) => {
      const where = list.index(index)
      const named = alternative.name ? dnsLabel(alternative.name, where.child('name')) : [required(where.child('name'))]
      return [...named, ...exactErrors(alternative, where)]
    }),
  ]
}

type Exact = Pick<DeviceSubRequest, 'allocationMode' | 'count' | 'selectors'> & { deviceClassName?: string }

function exactErrors({ deviceClassName, selectors = [], allocationMode = '', count = 0 }: Exact, path: Path): FieldError[] {
  const className = path.child('deviceClassName')
  const errors = deviceClassName ? invalidFor(className, deviceClassName, dns1123Subdomain(deviceClassName)) : [required(className)]
  errors.push(...selectorsErrors(selectors, path.child('selectors')))
  if (allocationMode === 'All') {
    if (count !== 0) errors.push(invalidValue(path.child('count'), count, "must not be specified when allocationMode is 'All'"))
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.push(invalidValue(path.child('count'), count, 'must be greater than zero'))
  } else {
    errors.push(notSupported(path.child('allocationMode'), allocationMode, ['All', 'ExactCount']))
  }
  return errors
}

function selectorsErrors(selectors: readonly DeviceSelector[], path: Path): FieldError[] {
  return [
    ...sizeErrors(selectors, maxItems, path),
    ...selectors.flatMap(({ cel }, index) => (cel === undefined ? [required(path.index(index).child('cel'))] : [])),
  ]
}

/** Rules of a device class. */
export function deviceClassErrors({ spec }: DeviceClass): FieldError[] {
  const path = at('spec')
  return [
    ...selectorsErrors(spec?.selectors ?? [], path.child('selectors')),
    ...sizeErrors(spec?.config ?? [], maxItems, path.child('config')),
  ]
}

/** Rules of a slice: the driver, the pool, and devices with names of their own. */
export function sliceErrors({ spec }: ResourceSlice): FieldError[] {
  const path = at('spec')
  const { driver, pool, devices = [] } = spec ?? {}
  const driverPath = path.child('driver')
  const errors: FieldError[] = driver ? dnsSubdomain(driver, driverPath) : [required(driverPath)]
  if (byteLength(driver ?? '') > maxDriverBytes) errors.push(tooLong(driverPath, '', maxDriverBytes))
  if (!pool?.name) errors.push(required(path.child('pool', 'name')))
  if ((pool?.resourceSliceCount ?? 0) <= 0) {
    errors.push(invalidValue(path.child('pool', 'resourceSliceCount'), pool?.resourceSliceCount ?? 0, 'must be greater than zero'))
  }
  if ((pool?.generation ?? 0) < 0) {
    errors.push(invalidValue(path.child('pool', 'generation'), pool?.generation, 'must be greater than or equal to zero'))
  }
  return [...errors, ...sizeErrors(devices, maxDevices, path.child('devices')), ...deviceErrors(devices, path.child('devices'))]
}

function deviceErrors(devices: readonly { name: string }[], path: Path): FieldError[] {
  const errors = devices.flatMap(({ name }, index) => {
    const where = path.index(index).child('name')
    return name ? dnsLabel(name, where) : [required(where)]
  })
  return [...errors, ...namedErrors(devices, path)]
}

/** The node, the driver and the pool of a slice never change. */
export function sliceUpdateErrors({ spec }: ResourceSlice, old: ResourceSlice): FieldError[] {
  const path = at('spec')
  return [
    ...immutableField(spec?.pool?.name, old.spec?.pool?.name, path.child('pool', 'name')),
    ...immutableField(spec?.driver, old.spec?.driver, path.child('driver')),
    ...immutableField(spec?.nodeName, old.spec?.nodeName, path.child('nodeName')),
  ]
}
