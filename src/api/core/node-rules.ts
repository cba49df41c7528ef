// Rules of nodes: taints, pod ranges, resources; what the first writer sets nobody changes.
import type { ConfigMapNodeConfigSource, Node, NodeConfigSource, Taint } from '../../../openapi/types/core/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { configMapKey, labelValueErrors } from '../../apimachinery/names.ts'
import { validateLabelName } from '../../apimachinery/object-meta.ts'
import { invalidFor, namespaceName, objectName } from '../shared/checks.ts'
import { isDualStack } from '../shared/ip-addresses.ts'
import { validateCIDR } from '../shared/validate-ip.ts'
import { taintEffects } from './pod/validate-scheduling.ts'
import { validateQuantityOf } from './resource-names.ts'

const metadata = at('metadata')

/** Allocatable is the capacity where it is not given; podCIDR is the first of podCIDRs. Mutates. */
export function computeNodeDefaults({ spec, status }: Node): void {
  if (status?.capacity !== undefined && status.allocatable === undefined) status.allocatable = { ...status.capacity }
  if (spec === undefined) return
  const first = spec.podCIDRs?.[0]
  if (spec.podCIDR && spec.podCIDR !== first) spec.podCIDRs = [spec.podCIDR]
  else if (first && !spec.podCIDR) spec.podCIDR = first
}

/** A node, new or updated. */
export function validateNode(node: Node): FieldError[] {
  return [
    ...taintErrors(node.spec?.taints ?? [], metadata.child('taints')),
    ...resourceErrors(node),
    ...rangeErrors(node.spec?.podCIDRs ?? []),
  ]
}

/** Taints: proper keys and values, each key and effect once. */
export function taintErrors(taints: readonly Taint[], path: Path): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, taint] of taints.entries()) {
    const { key = '', value = '', effect } = taint
    const where = path.index(index)
    errors.push(...validateLabelName(key, where.child('key')))
    const messages = labelValueErrors(value)
    if (messages.length > 0) errors.push(invalidValue(where.child('value'), value, messages.join(';')))
    if (!effect) errors.push(required(where.child('effect')))
    else if (!taintEffects.includes(effect)) errors.push(notSupported(where.child('effect'), effect, taintEffects))
    if (seen.has(`${effect}/${key}`)) {
      const printed = { Key: key, Value: value, Effect: effect ?? '', TimeAdded: taint.timeAdded ?? null }
      errors.push({ ...duplicate(where, printed), detail: 'taints must be unique by key and effect pair' })
    }
    seen.add(`${effect}/${key}`)
  }
  return errors
}

function resourceErrors({ status }: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((field) =>
    Object.entries(status?.[field] ?? {}).flatMap(([name, value]) => validateQuantityOf(name, value, at('status', field, name))),
  )
}

function rangeErrors(ranges: readonly string[]): FieldError[] {
  const path = at('spec', 'podCIDRs')
  const errors = ranges.flatMap((range, index) => validateCIDR(range, path.index(index)))
  if (ranges.length <= 1) return errors
  if (isDualStack(ranges) !== true || ranges.length > 2) {
    errors.push(invalidValue(path, ranges, 'may specify no more than one CIDR for each IP family'))
  }
  for (const [index, range] of ranges.entries()) if (ranges.indexOf(range) < index) errors.push(duplicate(path.index(index), range))
  return errors
}

/** Rules between an updated node and the stored one, of its main path and of /status. */
export function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors: FieldError[] = []
  const addresses = node.status?.addresses ?? []
  for (const [index, address] of addresses.entries()) {
    const first = addresses.findIndex((other) => semanticEqual(other, address))
    if (first < index) errors.push(duplicate(at('status', 'addresses').index(index), { Type: address.type, Address: address.address }))
  }
  const before = old.spec?.podCIDRs ?? []
  if (before.length > 0 && !semanticEqual(before, node.spec?.podCIDRs ?? [])) {
    errors.push(forbiddenField(at('spec', 'podCIDRs'), 'node updates may not change podCIDR except from "" to valid'))
  }
  const provider = old.spec?.providerID
  if (provider && provider !== node.spec?.providerID) {
    errors.push(forbiddenField(at('spec', 'providerID'), 'node updates may not change providerID except from "" to valid'))
  }
  const source = node.spec?.configSource
  if (source) errors.push(...configSourceErrors(source, at('spec', 'configSource'), specConfigErrors))
  for (const field of ['assigned', 'active', 'lastKnownGood'] as const) {
    const status = node.status?.config?.[field]
    if (status) errors.push(...configSourceErrors(status, at('status', 'config', field), statusConfigErrors))
  }
  if ((node.spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) {
    errors.push(forbiddenField(at('spec', 'externalID'), 'may not be updated'))
  }
  return errors
}

/** The rules of /status: resources, and those of every update. */
export function validateNodeStatusUpdate(node: Node, old: Node): FieldError[] {
  return [...resourceErrors(node), ...validateNodeUpdate(node, old)]
}

type ConfigCheck = (source: ConfigMapNodeConfigSource, path: Path) => FieldError[]

function configSourceErrors(source: NodeConfigSource, path: Path, check: ConfigCheck): FieldError[] {
  const config = source.configMap
  if (config === undefined) return [invalidValue(path, source, 'exactly one reference subfield must be non-nil')]
  const where = path.child('configMap')
  const { namespace, name, kubeletConfigKey: key } = config
  return [
    ...check(config, where),
    ...(namespace ? namespaceName(namespace, where.child('namespace')) : [required(where.child('namespace'), 'namespace must be set')]),
    ...(name ? objectName(name, where.child('name')) : [required(where.child('name'), 'name must be set')]),
    ...(key
      ? invalidFor(where.child('kubeletConfigKey'), key, configMapKey(key))
      : [required(where.child('kubeletConfigKey'), 'kubeletConfigKey must be set')]),
  ]
}

function specConfigErrors({ uid, resourceVersion }: ConfigMapNodeConfigSource, path: Path): FieldError[] {
  return [
    ...(uid ? [forbiddenField(path.child('uid'), 'uid must not be set in spec')] : []),
    ...(resourceVersion ? [forbiddenField(path.child('resourceVersion'), 'resourceVersion must not be set in spec')] : []),
  ]
}

function statusConfigErrors({ uid, resourceVersion }: ConfigMapNodeConfigSource, path: Path): FieldError[] {
  return [
    ...(uid ? [] : [required(path.child('uid'), 'uid must be set in status')]),
    ...(resourceVersion ? [] : [required(path.child('resourceVersion'), 'resourceVersion must be set in status')]),
  ]
}
