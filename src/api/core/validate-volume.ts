// Rules of PersistentVolumes: exactly one source, and most of it for ever.
import type { PersistentVolume, PersistentVolumeSpec, SecretReference } from '../../../openapi/types/core/v1.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { immutableField, immutableText } from '../../apimachinery/object-meta.ts'
import { wholeUnits } from '../../apimachinery/quantity.ts'
import { dnsLabel, dnsSubdomain, namespaceName, objectName, oneOfIfSet, requireText } from '../shared/checks.ts'
import { valueDiff } from '../shared/value-diff.ts'
import { noBacksteps } from './pod/validate-paths.ts'
import { validateNodeSelector } from './pod/validate-scheduling.ts'
import { validateCSIDriverName } from './pod/validate-volumes.ts'
import { positiveQuantity } from './resource-names.ts'
import { validateAccessModes, volumeModes } from './validate-claim.ts'
import type { SourceChecks } from './volume-plugins.ts'
import { sharedVolumePlugins, validateISCSI, validateStorageOS } from './volume-plugins.ts'

const path = at('spec')

/** The order of upstream's checks. */
const order = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const satisfies readonly (keyof PersistentVolumeSpec)[]

const checks = {
  ...sharedVolumePlugins,
  rbd: ({ monitors, image }, where) => [
    ...(monitors?.length ? [] : [required(where.child('monitors'))]),
    ...requireText(image, where.child('image')),
  ],
  cephfs: ({ monitors }, where) => (monitors?.length ? [] : [required(where.child('monitors'))]),
  scaleIO: ({ gateway, system, volumeName }, where) => [
    ...requireText(gateway, where.child('gateway')),
    ...requireText(system, where.child('system')),
    ...requireText(volumeName, where.child('volumeName')),
  ],
  flexVolume: ({ driver, options }, where) => sharedVolumePlugins.flexVolume({ driver, ...(options ? { options } : {}) }, where),
  glusterfs: ({ endpoints, path: target, endpointsNamespace: namespace }, where) => [
    ...requireText(endpoints, where.child('endpoints')),
    ...requireText(target, where.child('path')),
    ...(namespace === undefined ? [] : glusterNamespaceErrors(namespace, where.child('endpointsNamespace'))),
  ],
  iscsi: ({ secretRef, ...source }, where) => [
    ...validateISCSI({ ...source, ...(secretRef?.name ? { secretRef: { name: secretRef.name } } : {}) }, where, 'must be valid format'),
    ...(secretRef ? requireText(secretRef.name, where.child('secretRef', 'name')) : []),
  ],
  cinder: ({ volumeID, secretRef }, where) => [
    ...requireText(volumeID, where.child('volumeID')),
    ...(secretRef ? needsNameAndNamespace(secretRef, where.child('secretRef')) : []),
  ],
  azureFile: ({ secretName, shareName, secretNamespace }, where) => [
    ...requireText(secretName, where.child('secretName')),
    ...requireText(shareName, where.child('shareName')),
    ...(secretNamespace === '' ? [required(where.child('secretNamespace'))] : []),
  ],
  local: ({ path: target }, where) => (target ? noBacksteps(target, where.child('path')) : [required(where.child('path'))]),
  storageos: ({ volumeName, volumeNamespace, secretRef }, where) => [
    ...validateStorageOS({ ...(volumeName ? { volumeName } : {}), ...(volumeNamespace ? { volumeNamespace } : {}) }, where),
    ...(secretRef ? needsNameAndNamespace(secretRef, where.child('secretRef')) : []),
  ],
  csi: (source, where) => [
    ...validateCSIDriverName(source.driver, where.child('driver')),
    ...requireText(source.volumeHandle, where.child('volumeHandle')),
    ...(['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const).flatMap(
      (field) => {
        const secret = source[field]
        return secret === undefined ? [] : secretErrors(secret, where.child(field))
      },
    ),
  ],
} satisfies SourceChecks<Pick<PersistentVolumeSpec, (typeof order)[number]>>

function glusterNamespaceErrors(namespace: string, where: Path): FieldError[] {
  if (namespace !== '') return namespaceName(namespace, where)
  return [invalidValue(where, namespace, 'if the endpointnamespace is set, it must be a valid namespace name')]
}

function needsNameAndNamespace(secret: { name?: string; namespace?: string }, where: Path): FieldError[] {
  return [...requireText(secret.name, where.child('name')), ...requireText(secret.namespace, where.child('namespace'))]
}

function secretErrors({ name, namespace }: SecretReference, where: Path): FieldError[] {
  return [
    ...(name ? dnsSubdomain(name, where.child('name')) : [required(where.child('name'))]),
    ...(namespace ? dnsLabel(namespace, where.child('namespace')) : [required(where.child('namespace'))]),
  ]
}

/** A volume, new or updated. */
export function validateVolume({ metadata, spec = {} }: PersistentVolume): FieldError[] {
  const errors: FieldError[] = []
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required(path.child('accessModes')))
  errors.push(...validateAccessModes(modes, path.child('accessModes')), ...capacityErrors(spec.capacity ?? {}))
  const policy = spec.persistentVolumeReclaimPolicy
  if (policy) errors.push(...oneOfIfSet(policy, ['Delete', 'Recycle', 'Retain'], path.child('persistentVolumeReclaimPolicy')))
  if (spec.nodeAffinity) {
    const where = path.child('nodeAffinity', 'required')
    const { required: selector } = spec.nodeAffinity
    errors.push(...(selector ? validateNodeSelector(selector, where) : [required(where, 'must specify required node constraints')]))
  }
  errors.push(...sourceErrors(spec, metadata?.name ?? ''))
  if (spec.hostPath && /^\/*$/.test(spec.hostPath.path) && policy === 'Recycle') {
    errors.push(forbiddenField(path.child('persistentVolumeReclaimPolicy'), "may not be 'recycle' for a hostPath mount of '/'"))
  }
  if (spec.storageClassName) errors.push(...objectName(spec.storageClassName, path.child('storageClassName')))
  errors.push(...oneOfIfSet(spec.volumeMode, volumeModes, path.child('volumeMode')))
  return [...errors, ...attributesClassErrors(spec)]
}

function capacityErrors(capacity: Readonly<Record<string, string>>): FieldError[] {
  const where = path.child('capacity')
  const errors: FieldError[] = []
  const names = Object.keys(capacity)
  if (names.length === 0) errors.push(required(where))
  if (!names.includes('storage') || names.length > 1) errors.push(notSupported(where, names.length === 0 ? null : capacity, ['storage']))
  for (const [name, value] of Object.entries(capacity)) {
    const units = wholeUnits(value)
    if (units < 0n) errors.push(invalidValue(where.key(name), units, 'must be a valid resource quantity'))
    errors.push(...positiveQuantity(value, where.key(name)))
  }
  return errors
}

function sourceErrors(spec: PersistentVolumeSpec, name: string): FieldError[] {
  const [first, ...further] = order.filter((field) => spec[field] !== undefined)
  if (first === undefined) return [required(path, 'must specify a volume type')]
  const check = checks[first] as (source: unknown, where: Path) => FieldError[]
  const errors = check(spec[first], path.child(first === 'gcePersistentDisk' ? 'persistentDisk' : first))
  if (spec.iscsi?.initiatorName !== undefined && `${name}:${spec.iscsi.targetPortal}`.length > 64) {
    const detail = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
    errors.push(invalidValue(path.child('iscsi', 'targetportal'), spec.iscsi.targetPortal, detail))
  }
  if (first === 'local' && spec.nodeAffinity === undefined) {
    errors.push(required(path.child('nodeAffinity'), 'Local volume requires node affinity'))
  }
  return [...errors, ...further.map((field) => forbiddenField(path.child(field), 'may not specify more than 1 volume type'))]
}

function attributesClassErrors({ volumeAttributesClassName: name, csi }: PersistentVolumeSpec): FieldError[] {
  if (name === undefined) return []
  const where = path.child('volumeAttributesClassName')
  const errors = name === '' ? [required(where, 'an empty string is disallowed')] : objectName(name, where)
  if (csi !== undefined) return errors
  return [...errors, required(path.child('csi'), 'has to be specified when using volumeAttributesClassName')]
}

/** The source and the mode never change; the affinity only once, from none. */
export function validateVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const [spec, before] = [volume.spec ?? {}, old.spec ?? {}]
  const errors: FieldError[] = []
  const [now, then] = [sourceOf(spec), sourceOf(before)]
  if (now.csi?.controllerExpandSecretRef && then.csi && !then.csi.controllerExpandSecretRef) {
    now.csi = { ...now.csi }
    delete now.csi.controllerExpandSecretRef
  }
  if (!semanticDeepEqual(now, then)) {
    const diff = valueDiff('core.PersistentVolumeSource', then, now)
    const detail = `spec.persistentvolumesource is immutable after creation\n${diff}`
    errors.push(forbiddenField(path.child('persistentvolumesource'), detail))
  }
  errors.push(...immutableField(spec.volumeMode, before.volumeMode, at('volumeMode')))
  if (
    before.nodeAffinity !== undefined &&
    !semanticDeepEqual(spec.nodeAffinity, withCurrentLabels(before.nodeAffinity, spec.nodeAffinity))
  ) {
    errors.push(invalidValue(at('nodeAffinity'), spec.nodeAffinity, `${immutableText}, except for updating from beta label to GA`))
  }
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbiddenField(path.child('volumeAttributesClassName'), 'update from non-nil value to nil is forbidden'))
  }
  return errors
}

function sourceOf(spec: PersistentVolumeSpec): PersistentVolumeSpec {
  return Object.fromEntries(order.filter((field) => spec[field] !== undefined).map((field) => [field, spec[field]]))
}

const currentLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

/** The old affinity with each beta label replaced that the new one has replaced. */
function withCurrentLabels(old: PersistentVolumeSpec['nodeAffinity'], now: PersistentVolumeSpec['nodeAffinity']): unknown {
  const copy = structuredClone(old)
  for (const [t, term] of (copy?.required?.nodeSelectorTerms ?? []).entries()) {
    for (const [e, expression] of (term.matchExpressions ?? []).entries()) {
      const key = now?.required?.nodeSelectorTerms?.[t]?.matchExpressions?.[e]?.key
      if (key !== undefined && currentLabels[expression.key] === key) expression.key = key
    }
  }
  return copy
}
