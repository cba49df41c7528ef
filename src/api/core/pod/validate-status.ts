// Rules of /status of pods: what a kubelet may not report.
import type { Container, ContainerStatus, Pod, PodStatus, ResourceStatus } from '../../../../openapi/types/core/v1.ts'
import { semanticEqual } from '../../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { at, duplicate, forbiddenField, invalidValue, notSupported } from '../../../apimachinery/field-errors.ts'
import { unixId } from '../../../apimachinery/names.ts'
import { immutableField } from '../../../apimachinery/object-meta.ts'
import { invalidFor, objectName, qualified } from '../../shared/checks.ts'
import { isDualStack } from '../../shared/ip-addresses.ts'
import { validateIP } from '../../shared/validate-ip.ts'
import { isRestartableInitContainer } from './queries.ts'
import { annotationUpdateErrors } from './validate.ts'

const statusLists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const
const systemConditions = ['PodScheduled', 'Ready', 'Initialized']

/** Rules between a new status and the stored one. */
export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const path = at('status')
  const status = pod.status ?? {}
  const before = old.status ?? {}
  const errors = annotationUpdateErrors(pod, old)
  for (const [index, { type }] of (status.conditions ?? []).entries()) {
    if (!systemConditions.includes(type)) errors.push(...qualified(type ?? '', at('metadata', 'conditions').index(index).child('Type')))
  }
  const nominated = status.nominatedNodeName
  if (nominated && nominated !== before.nominatedNodeName) errors.push(...objectName(nominated, path.child('nominatedNodeName')))
  errors.push(...immutableField(status.qosClass ?? '', before.qosClass ?? '', path.child('qosClass')))
  for (const list of statusLists) errors.push(...restartErrors(pod, status[list] ?? [], before[list] ?? [], list, path.child(list)))
  errors.push(...claimErrors(pod, path.child('resourceClaimStatuses')), ...ipErrors(status, path))
  for (const list of statusLists) errors.push(...userErrors(pod, status[list] ?? [], path.child(list)))
  errors.push(...allocatedErrors(status.containerStatuses, pod.spec?.containers, path.child('containerStatuses')))
  errors.push(...allocatedErrors(status.initContainerStatuses, pod.spec?.initContainers, path.child('initContainerStatuses')))
  for (const [index, { allocatedResourcesStatus }] of (status.ephemeralContainerStatuses ?? []).entries()) {
    if (!allocatedResourcesStatus?.length) continue
    const where = path.child('ephemeralContainerStatuses').index(index).child('allocatedResourcesStatus')
    errors.push(forbiddenField(where, 'must not be specified in container status'))
  }
  return errors
}

/** A container that has ended for good may not run again, unless its own rules let it. */
function restartErrors(
  { spec }: Pod,
  now: readonly ContainerStatus[],
  before: readonly ContainerStatus[],
  list: (typeof statusLists)[number],
  path: Path,
): FieldError[] {
  const ephemeral = list === 'ephemeralContainerStatuses'
  const podPolicy = ephemeral ? 'Never' : (spec?.restartPolicy ?? 'Always')
  const containers: readonly Container[] = (list === 'initContainerStatuses' ? spec?.initContainers : spec?.containers) ?? []
  return before.flatMap((old, index) => {
    const ended = old.state?.terminated
    if (ended === undefined) return []
    const container = ephemeral ? undefined : containers.find(({ name }) => name === old.name)
    if (container?.restartPolicyRules?.length || (container && isRestartableInitContainer(container))) return []
    const policy = container?.restartPolicy ?? podPolicy
    if (policy === 'Always' || (policy === 'OnFailure' && (ended.exitCode ?? 0) !== 0)) return []
    const restarted = now.filter(({ name, state }) => name === old.name && state?.terminated === undefined)
    return restarted.map(() => forbiddenField(path.index(index).child('state'), 'may not be transitioned to non-terminated state'))
  })
}

function claimErrors({ spec, status }: Pod, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { name, resourceClaimName }] of (status?.resourceClaimStatuses ?? []).entries()) {
    const where = path.index(index).child('name')
    if (!spec?.resourceClaims?.some((claim) => claim.name === name)) {
      errors.push(invalidValue(where, name, 'must match the name of an entry in `spec.resourceClaims`'))
    }
    if (seen.has(name)) errors.push(duplicate(where, name))
    seen.add(name)
    if (resourceClaimName !== undefined) errors.push(...objectName(resourceClaimName, where))
  }
  return errors
}

function ipErrors({ podIPs = [], hostIP, hostIPs = [] }: PodStatus, path: Path): FieldError[] {
  const errors = familyErrors(podIPs, path.child('podIPs'))
  const [first] = hostIPs
  if (first !== undefined && (hostIP ?? '') !== first.ip) {
    errors.push(invalidValue(path.child('hostIPs').index(0).child('ip'), first.ip, 'must be equal to `hostIP`'))
  }
  return [...errors, ...familyErrors(hostIPs, path.child('hostIPs'))]
}

/** At most one address of each family. */
function familyErrors(list: readonly { ip: string }[], path: Path): FieldError[] {
  const errors = list.flatMap(({ ip }, index) => validateIP(ip ?? '', path.index(index)))
  if (list.length <= 1) return errors
  const ips = list.map(({ ip }) => ip)
  if (isDualStack(ips) !== true || ips.length > 2) {
    errors.push(invalidValue(path, list, 'may specify no more than one IP for each IP family'))
  }
  for (const [index, item] of list.entries()) if (ips.indexOf(item.ip) < index) errors.push(duplicate(path.index(index), item))
  return errors
}

function userErrors({ spec }: Pod, statuses: readonly ContainerStatus[], path: Path): FieldError[] {
  return statuses.flatMap(({ user }, index) => {
    const linux = user?.linux
    if (linux === undefined) return []
    const where = path.index(index).child('linux')
    if (spec?.os?.name === 'windows') return [forbiddenField(where, 'cannot be set for a windows pod')]
    const { uid, gid, supplementalGroups = [] } = linux
    return [
      ...invalidFor(where.child('uid'), uid, unixId(uid ?? 0)),
      ...invalidFor(where.child('gid'), gid, unixId(gid ?? 0)),
      ...supplementalGroups.flatMap((group, i) => invalidFor(where.child('supplementalGroups').index(i), group, unixId(group))),
    ]
  })
}

const healthValues = ['Healthy', 'Unhealthy', 'Unknown']

function allocatedErrors(
  statuses: readonly ContainerStatus[] | undefined,
  containers: readonly Container[] | undefined,
  path: Path,
): FieldError[] {
  return (statuses ?? []).flatMap(({ name, allocatedResourcesStatus = [] }, index) => {
    const container = containers?.find((candidate) => candidate.name === name)
    return allocatedResourcesStatus.flatMap((allocated, i) => {
      const where = path.index(index).child('allocatedResourcesStatus').index(i)
      return [
        ...(container ? allocatedNameErrors(allocated, container, where.child('name')) : []),
        ...healthErrors(allocated, where.child('resources')),
      ]
    })
  })
}

function allocatedNameErrors({ name }: ResourceStatus, { resources }: Container, path: Path): FieldError[] {
  if (!name.startsWith('claim:')) {
    if (resources?.requests !== undefined && Object.hasOwn(resources.requests, name)) return []
    return [invalidValue(path, name, "must match one of the container's resource requests")]
  }
  const claims = (resources?.claims ?? []).map((claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`)
  if (claims.some((claim) => semanticEqual(claim, name))) return []
  const detail =
    "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
  return [invalidValue(path, name, detail)]
}

function healthErrors({ resources = [] }: ResourceStatus, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { resourceID, health = '' }] of resources.entries()) {
    if (!healthValues.includes(health)) errors.push(notSupported(path.index(index).child('health'), health, healthValues))
    if (seen.has(resourceID)) errors.push(duplicate(path.index(index).child('resourceID'), resourceID))
    seen.add(resourceID)
  }
  return errors
}
