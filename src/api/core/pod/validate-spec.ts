// Rules of a pod spec, in upstream's order: of pods and of every template.
import type { PodResourceClaim, PodSpec } from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { duplicate, invalidValue, required } from '../../../apimachinery/field-errors.ts'
import { rangeText } from '../../../apimachinery/names.ts'
import { validateLabels } from '../../../apimachinery/object-meta.ts'
import { dnsLabel, objectName, oneOf, qualified } from '../../shared/checks.ts'
import type { ContainerContext } from './validate-containers.ts'
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './validate-containers.ts'
import { validateDNSConfig, validateHostAliases, validateHostNetworkPorts, validateHostnames, validateHostUsers } from './validate-dns.ts'
import { validateContainerResources, validatePodResources } from './validate-resources.ts'
import { validateAffinity, validateSchedulingGates, validateTolerations } from './validate-scheduling.ts'
import { validatePodSecurityContext } from './validate-security.ts'
import { validateTopologySpread } from './validate-topology-spread.ts'
import type { VolumeContext } from './validate-volumes.ts'
import { validateVolumes } from './validate-volumes.ts'
import { validateHostProcess, validateOS } from './validate-windows.ts'

const restartPolicies = ['Always', 'OnFailure', 'Never']
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']

/** Everything in the spec. `owner`: a real pod with its name, or a template. */
export function validatePodSpec(spec: PodSpec, path: Path, owner: VolumeContext): FieldError[] {
  const volumes = validateVolumes(spec.volumes, path.child('volumes'), owner)
  const claimNames = new Set((spec.resourceClaims ?? []).map(({ name }) => name).filter((name) => name))
  const context: ContainerContext = { spec, volumes: volumes.byName, claimNames }
  return [
    ...(spec.terminationGracePeriodSeconds === undefined ? [required(path.child('terminationGracePeriodSeconds'))] : []),
    ...volumes.errors,
    ...resourceClaimErrors(spec.resourceClaims ?? [], path.child('resourceClaims')),
    ...validateContainers(context, path.child('containers')),
    ...validateInitContainers(context, path.child('initContainers')),
    ...validateEphemeralContainers(context, path.child('ephemeralContainers')),
    ...validatePodResources(spec, claimNames, path.child('resources')),
    ...validateHostNetworkPorts(spec, owner.isPod, path),
    ...oneOf(spec.restartPolicy, restartPolicies, path.child('restartPolicy')),
    ...oneOf(spec.dnsPolicy, dnsPolicies, path.child('dnsPolicy')),
    ...validateLabels(spec.nodeSelector, path.child('nodeSelector')),
    ...validatePodSecurityContext(spec, path.child('securityContext')),
    ...validateAffinity(spec.affinity, path.child('affinity')),
    ...validateDNSConfig(spec, path.child('dnsConfig')),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
      qualified(conditionType ?? '', path.child('readinessGates').index(index).child('conditionType')),
    ),
    ...validateSchedulingGates(spec.schedulingGates, path.child('schedulingGates')),
    ...validateTopologySpread(spec.topologySpreadConstraints, path.child('topologySpreadConstraints')),
    ...validateHostProcess(spec, path),
    ...validateHostUsers(spec, path),
    ...nameErrors(spec, path),
    ...validateTolerations(spec.tolerations, path.child('tolerations')),
    ...validateHostAliases(spec.hostAliases, path.child('hostAliases')),
    ...policyErrors(spec, path),
    ...validateOS(spec, path),
  ]
}

function nameErrors(spec: PodSpec, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (spec.serviceAccountName) errors.push(...objectName(spec.serviceAccountName, path.child('serviceAccountName')))
  if (spec.nodeName) errors.push(...objectName(spec.nodeName, path.child('nodeName')))
  const deadline = spec.activeDeadlineSeconds
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
    errors.push(invalidValue(path.child('activeDeadlineSeconds'), deadline, rangeText(1, 2147483647)))
  }
  return [...errors, ...validateHostnames(spec, path)]
}

function policyErrors(spec: PodSpec, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (spec.priorityClassName) errors.push(...objectName(spec.priorityClassName, path.child('priorityClassName')))
  if (spec.runtimeClassName !== undefined) errors.push(...objectName(spec.runtimeClassName, path.child('runtimeClassName')))
  if (spec.preemptionPolicy !== undefined) {
    errors.push(...oneOf(spec.preemptionPolicy, ['PreemptLowerPriority', 'Never'], path.child('preemptionPolicy')))
  }
  if (spec.overhead) errors.push(...validateContainerResources({ limits: spec.overhead }, new Set(), path.child('overhead')))
  return errors
}

function resourceClaimErrors(claims: readonly PodResourceClaim[], path: Path): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [index, claim] of claims.entries()) {
    const where = path.index(index)
    const { name, resourceClaimName, resourceClaimTemplateName } = claim
    if (!name) errors.push(required(where.child('name')))
    else if (names.has(name)) errors.push(duplicate(where.child('name'), name))
    else errors.push(...dnsLabel(name, where.child('name')))
    names.add(name)
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      errors.push(invalidValue(where, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'))
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.push(invalidValue(where, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    }
    if (resourceClaimName !== undefined) errors.push(...objectName(resourceClaimName, where.child('resourceClaimName')))
    if (resourceClaimTemplateName !== undefined)
      errors.push(...objectName(resourceClaimTemplateName, where.child('resourceClaimTemplateName')))
  }
  return errors
}
