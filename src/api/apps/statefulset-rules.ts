// Defaults and validation of StatefulSets. Values and words: pkg/apis/apps upstream.
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '../../../openapi/types/apps/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { dns1123Label } from '../../apimachinery/names.ts'
import { invalidFor, nonNegative, oneOfIfSet } from '../shared/checks.ts'
import { computePodTemplateDefaults } from '../shared/pod-spec-defaults.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'
import { validatePodTemplate } from '../shared/validate-pod-template.ts'
import { printedSelector } from './label-selector.ts'
import {
  alwaysRestartErrors,
  collisionCountErrors,
  intOrPercentErrors,
  intOrPercentNumber,
  notMoreThan100Percent,
  replicaStatusErrors,
  requiredSelectorErrors,
  templateMismatch,
  templateWarnings,
} from './workload-rules.ts'

/** Pod management, strategy, retention of claims, replicas and history; kind and defaults of the claim templates. */
export function statefulSetDefaults(set: StatefulSet): void {
  const spec = (set.spec ??= {} as StatefulSetSpec)
  spec.podManagementPolicy ||= 'OrderedReady'
  const strategy = (spec.updateStrategy ??= {})
  if (!strategy.type) {
    strategy.type = 'RollingUpdate'
    strategy.rollingUpdate ??= {}
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {})
  retention.whenDeleted ||= 'Retain'
  retention.whenScaled ||= 'Retain'
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1'
    claim.kind = 'PersistentVolumeClaim'
    if (claim.spec) claim.spec.volumeMode ??= 'Filesystem'
    claim.status ??= {}
    claim.status.phase ||= 'Pending'
  }
  computePodTemplateDefaults(spec.template)
}

/** Rules of a new or changed StatefulSet. */
export function statefulSetErrors(set: StatefulSet): FieldError[] {
  const { spec } = set
  const path = at('spec')
  const retention = spec?.persistentVolumeClaimRetentionPolicy
  const retentionPath = path.child('persistentVolumeClaimRetentionPolicy')
  const policies = ['Retain', 'Delete']
  return [
    ...podManagementErrors(spec?.podManagementPolicy, path.child('podManagementPolicy')),
    ...updateStrategyErrors(spec?.updateStrategy ?? {}, path.child('updateStrategy')),
    ...(retention === undefined ? [] : oneOfIfSet(retention.whenDeleted, policies, retentionPath.child('whenDeleted'))),
    ...(retention === undefined ? [] : oneOfIfSet(retention.whenScaled, policies, retentionPath.child('whenScaled'))),
    ...nonNegative(spec?.replicas, path.child('replicas')),
    ...nonNegative(spec?.minReadySeconds, path.child('minReadySeconds')),
    ...nonNegative(spec?.ordinals?.start, path.child('ordinals.start')),
    ...requiredSelectorErrors(spec?.selector, 'statefulset', path.child('selector')),
    ...templateErrors(spec, path),
    ...alwaysRestartErrors(spec?.template, 'StatefulSet', path.child('template')),
  ]
}

/** Rules of a new StatefulSet only: a service name that can be part of a host name. */
export function statefulSetServiceNameErrors(set: StatefulSet): FieldError[] {
  const name = set.spec?.serviceName
  return name ? invalidFor(at('spec', 'serviceName'), name, dns1123Label(name)) : []
}

function podManagementErrors(policy: string | undefined, path: Path): FieldError[] {
  if (!policy) return [required(path)]
  return policy === 'OrderedReady' || policy === 'Parallel' ? [] : [invalidValue(path, policy, "must be 'OrderedReady' or 'Parallel'")]
}

function updateStrategyErrors({ type, rollingUpdate }: StatefulSetUpdateStrategy, path: Path): FieldError[] {
  const rollingPath = path.child('rollingUpdate')
  const shown = rollingUpdate && { Partition: rollingUpdate.partition ?? 0, MaxUnavailable: rollingUpdate.maxUnavailable ?? null }
  if (!type) return [required(path)]
  if (type === 'OnDelete') {
    return rollingUpdate === undefined ? [] : [invalidValue(rollingPath, shown, "only allowed for updateStrategy 'RollingUpdate'")]
  }
  if (type !== 'RollingUpdate') {
    return [invalidValue(path, { Type: type, RollingUpdate: shown ?? null }, "must be 'RollingUpdate' or 'OnDelete'")]
  }
  const errors = nonNegative(rollingUpdate?.partition, rollingPath.child('partition'))
  const unavailable = rollingUpdate?.maxUnavailable
  if (unavailable === undefined) return errors
  const unavailablePath = rollingPath.child('maxUnavailable')
  errors.push(...intOrPercentErrors(unavailable, unavailablePath))
  if (intOrPercentNumber(unavailable) === 0) errors.push(invalidValue(unavailablePath, unavailable, 'cannot be 0'))
  return [...errors, ...notMoreThan100Percent(unavailable, unavailablePath)]
}

/** The template as its pods will be: claims are volumes, host names come from the controller. */
function templateErrors(spec: StatefulSetSpec | undefined, path: Path): FieldError[] {
  const selector = spec?.selector
  if (selector !== undefined && validateLabelSelector(selector, path).length > 0) {
    return [invalidValue(path.child('selector'), printedSelector(selector), '')]
  }
  const errors = templateMismatch(selector, spec?.template, path.child('template'))
  const { template, volumeClaimTemplates = [] } = spec ?? {}
  if (template?.spec === undefined) return [...errors, ...validatePodTemplate(template, path.child('template'))]
  const claims = volumeClaimTemplates.map((claim) => claim.metadata?.name ?? '')
  const { subdomain: _subdomain, hostname: _hostname, ...podSpec } = template.spec
  const volumes = [
    ...claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
    ...(podSpec.volumes ?? []).filter((volume) => !claims.includes(volume.name)),
  ]
  return [...errors, ...validatePodTemplate({ ...template, spec: { ...podSpec, volumes } }, path.child('template'))]
}

const mutableFields = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
] as const

/** Only a few fields of the spec may change. */
export function statefulSetUpdateErrors(set: StatefulSet, old: StatefulSet): FieldError[] {
  const fixed = (spec: StatefulSetSpec | undefined) => {
    const entries = Object.entries(spec ?? {}).filter(([name]) => !mutableFields.some((field) => field === name))
    return Object.fromEntries(entries)
  }
  if (semanticEqual(fixed(set.spec), fixed(old.spec))) return []
  return [
    forbiddenField(
      at('spec'),
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ),
  ]
}

/** Rules of a status write. */
export function statefulSetStatusErrors({ status }: StatefulSet, old: StatefulSet): FieldError[] {
  return [
    ...replicaStatusErrors(
      status,
      ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration', 'collisionCount'],
      ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
      'cannot be greater than status.readyReplicas',
    ),
    ...collisionCountErrors(status?.collisionCount, old.status?.collisionCount),
  ]
}

/** Of the template, and of a negative history limit, which keeps everything. */
export function statefulSetWarnings(set: StatefulSet, old: StatefulSet | undefined): string[] {
  const warnings = templateWarnings(set.spec?.template, old?.spec?.template, at('spec', 'template'))
  if ((set.spec?.revisionHistoryLimit ?? 0) >= 0) return warnings
  return [...warnings, 'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
}
