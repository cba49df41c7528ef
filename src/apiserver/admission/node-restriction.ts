// NodeRestriction: a kubelet may change its own node, the pods bound to it, and little else.
import type { Node as NodeObject, Pod as PodObject } from '../../../openapi/types/core/v1.ts'
import { Pod } from '../../api/core/pod/index.ts'
import { notFound, qualifiedResource } from '../../apimachinery/api-error.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import { nodeMirrorPodFault } from './node-mirror-pod.ts'
import { nodeCertificateFault, nodeClaimStatusFault, nodeTokenFault } from './node-restriction-rules.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { objectAs, oldObjectAs, refuse } from './refuse.ts'

const userPrefix = 'system:node:'

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  on: ['CREATE', 'UPDATE', 'DELETE'],
  mutate: admit,
  validate: (attributes, read) => (attributes.operation === 'DELETE' ? admit(attributes, read) : undefined),
}

function admit(attributes: AdmissionAttributes, read: Reader): void {
  const { user, subresource = '' } = attributes
  if (!user.groups.includes('system:nodes') || !user.name.startsWith(userPrefix)) return
  const node = user.name.slice(userPrefix.length)
  if (node === '') throw refuse(attributes, `could not determine node from user ${JSON.stringify(user.name)}`)
  const rule = Object.hasOwn(rules, qualifiedResource(attributes.kind)) ? rules[qualifiedResource(attributes.kind)] : undefined
  const fault = rule?.(node, attributes, read, subresource)
  if (fault !== undefined) throw refuse(attributes, fault)
}

/** Why a node may not do this, or undefined. */
type Rule = (node: string, attributes: AdmissionAttributes, read: Reader, subresource: string) => string | undefined

const rules: Readonly<Record<string, Rule>> = {
  pods: (node, attributes, read, subresource) => {
    if (subresource === '') return podFault(node, attributes, read)
    if (subresource === 'status') return podStatusFault(node, attributes)
    if (subresource === 'eviction')
      return boundElsewhere(attributes, read, node) ? `node ${node} can only evict pods with spec.nodeName set to itself` : undefined
    return `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`
  },
  nodes: nodeFault,
  persistentvolumeclaims: (node, attributes, _read, subresource) =>
    subresource === 'status' ? nodeClaimStatusFault(node, attributes) : 'may only update PVC status',
  serviceaccounts: (node, attributes, read, subresource) => (subresource === 'token' ? nodeTokenFault(node, attributes, read) : undefined),
  'leases.coordination.k8s.io': (node, { namespace, name }) => {
    if (namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace'
    return name === node ? undefined : 'can only access node lease with the same name as the requesting node'
  },
  'csinodes.storage.k8s.io': (node, { name }) =>
    name === node ? undefined : 'can only access CSINode with the same name as the requesting node',
  'resourceslices.resource.k8s.io': (node, { operation, object, oldObject }) => {
    if (operation === 'UPDATE') return undefined
    const { spec } = ((operation === 'CREATE' ? object : oldObject) ?? {}) as { spec?: { nodeName?: string } }
    if (spec?.nodeName === node) return undefined
    return `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`
  },
  'certificatesigningrequests.certificates.k8s.io': nodeCertificateFault,
}

function boundElsewhere(attributes: AdmissionAttributes, read: Reader, node: string): boolean {
  const pod = oldObjectAs<PodObject>(attributes) ?? read.get(Pod, attributes.namespace, attributes.name)
  if (pod === undefined) throw notFound(Pod, attributes.name)
  return pod.spec?.nodeName !== node
}

function podFault(node: string, attributes: AdmissionAttributes, read: Reader): string | undefined {
  const quoted = JSON.stringify(node)
  if (attributes.operation === 'CREATE') return nodeMirrorPodFault(node, objectAs<PodObject>(attributes), read)
  if (attributes.operation === 'DELETE') {
    return boundElsewhere(attributes, read, node) ? `node ${quoted} can only delete pods with spec.nodeName set to itself` : undefined
  }
  return `unexpected operation "${attributes.operation}", node ${quoted} can only create and delete mirror pods`
}

function podStatusFault(node: string, attributes: AdmissionAttributes): string | undefined {
  const old = oldObjectAs<PodObject>(attributes)
  const pod = objectAs<PodObject>(attributes)
  const quoted = JSON.stringify(node)
  if (attributes.operation !== 'UPDATE') return `unexpected operation "${attributes.operation}"`
  if (old?.spec?.nodeName !== node) return `node ${quoted} can only update pod status for pods with spec.nodeName set to itself`
  if (!semanticDeepEqual(old.metadata?.labels ?? {}, pod.metadata?.labels ?? {}))
    return `node ${quoted} cannot update labels through pod status`
  if (!semanticDeepEqual(old.status?.resourceClaimStatuses ?? [], pod.status?.resourceClaimStatuses ?? [])) {
    return `node ${quoted} cannot update resource claim statues`
  }
  if (!semanticDeepEqual(old.status?.extendedResourceClaimStatus, pod.status?.extendedResourceClaimStatus)) {
    return `node ${quoted} cannot update extended resource claim status`
  }
  return undefined
}

function nodeFault(node: string, attributes: AdmissionAttributes): string | undefined {
  const quoted = JSON.stringify(node)
  if (attributes.name !== node) return `node ${quoted} is not allowed to modify node ${JSON.stringify(attributes.name)}`
  if (attributes.operation === 'DELETE') return undefined
  const { metadata, spec } = objectAs<NodeObject>(attributes)
  const old = oldObjectAs<NodeObject>(attributes)
  if (attributes.operation === 'CREATE') {
    if (spec?.configSource !== undefined) return `node ${quoted} is not allowed to create pods with a non-nil configSource`
    const labels = forbiddenLabels(metadata?.labels, undefined)
    return labels.length > 0 ? `node ${quoted} is not allowed to set the following labels: ${labels.join(', ')}` : undefined
  }
  if (spec?.configSource !== undefined && !semanticDeepEqual(spec.configSource, old?.spec?.configSource)) {
    return `node ${quoted} is not allowed to update configSource to a new non-nil configSource`
  }
  if (!semanticDeepEqual(spec?.taints ?? [], old?.spec?.taints ?? [])) return `node ${quoted} is not allowed to modify taints`
  if (!semanticDeepEqual(metadata?.ownerReferences ?? [], old?.metadata?.ownerReferences ?? [])) {
    return `node ${quoted} is not allowed to modify ownerReferences`
  }
  const labels = forbiddenLabels(metadata?.labels, old?.metadata?.labels)
  return labels.length > 0 ? `is not allowed to modify labels: ${labels.join(', ')}` : undefined
}

const kubeletLabels = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])
const kubeletLabelDomains = ['kubelet.kubernetes.io', 'node.kubernetes.io']
const restrictedDomain = 'node-restriction.kubernetes.io'

/** Changed labels that a kubelet may not choose: Kubernetes' own but the kubelet's, and the domain kept for administrators. */
function forbiddenLabels(labels: Readonly<Record<string, string>> = {}, old: Readonly<Record<string, string>> = {}): string[] {
  const value = (map: Readonly<Record<string, string>>, key: string) => (Object.hasOwn(map, key) ? map[key] : undefined)
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(old)])].filter((key) => value(labels, key) !== value(old, key))
  const within = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`)
  return changed
    .filter((key) => {
      const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : ''
      if (within(domain, restrictedDomain)) return true
      const kubernetes = within(domain, 'kubernetes.io') || within(domain, 'k8s.io')
      return kubernetes && !kubeletLabels.has(key) && !kubeletLabelDomains.some((allowed) => within(domain, allowed))
    })
    .sort()
}
