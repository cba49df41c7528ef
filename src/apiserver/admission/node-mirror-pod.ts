// NodeRestriction's rules for mirror pods: the copies that a kubelet makes of its static pods.
import type { Pod } from '../../../openapi/types/core/v1.ts'
import { Node } from '../../api/core/node.ts'
import { notFound } from '../../apimachinery/api-error.ts'
import type { Reader } from './plugin.ts'
import { allContainers } from './pod-containers.ts'
import { referencesSecrets } from './secret-references.ts'

/** Why a node may not create this pod, or undefined. Throws 404 when the node is not registered. */
export function nodeMirrorPodFault(node: string, pod: Pod, read: Reader): string | undefined {
  const quoted = JSON.stringify(node)
  if (!Object.hasOwn(pod.metadata?.annotations ?? {}, 'kubernetes.io/config.mirror')) {
    return `pod does not have "kubernetes.io/config.mirror" annotation, node ${quoted} can only create mirror pods`
  }
  if (pod.spec?.nodeName !== node) return `node ${quoted} can only create pods with spec.nodeName set to itself`
  const owners = pod.metadata?.ownerReferences ?? []
  if (owners.length > 1) return `node ${quoted} can only create pods with a single owner reference set to itself`
  const [owner] = owners
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    return `node ${quoted} can only create pods with an owner reference set to itself`
  }
  if (owner.controller !== true) return `node ${quoted} can only create pods with a controller owner reference set to itself`
  if (owner.blockOwnerDeletion === true) return `node ${quoted} must not set blockOwnerDeletion on an owner reference`
  const uid = read.get(Node, undefined, node)?.metadata?.uid
  if (uid === undefined) throw notFound(Node, node)
  if (owner.uid !== uid) return `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`
  const reference = referenced(pod)
  return reference === undefined ? undefined : `node ${quoted} can not create pods that reference ${reference}`
}

/** The first kind of API object that a pod refers to. */
function referenced(pod: Pod): string | undefined {
  const { spec } = pod
  if (spec?.serviceAccountName) return 'serviceaccounts'
  if (referencesSecrets(pod)) return 'secrets'
  const volumes = spec?.volumes ?? []
  const inEnvironment = allContainers(spec).some(
    ({ container }) =>
      container.env?.some(({ valueFrom }) => valueFrom?.configMapKeyRef !== undefined) ||
      container.envFrom?.some((source) => source.configMapRef !== undefined),
  )
  const inVolume = volumes.some(
    ({ configMap, projected }) => configMap !== undefined || projected?.sources?.some((source) => source.configMap !== undefined),
  )
  if (inEnvironment || inVolume) return 'configmaps'
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? [])
  if (sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined)) return 'serviceaccounts'
  if (sources.some(({ clusterTrustBundle }) => clusterTrustBundle !== undefined)) return 'clustertrustbundles'
  if (volumes.some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim !== undefined || ephemeral !== undefined))
    return 'persistentvolumeclaims'
  return (spec?.resourceClaims ?? []).length > 0 ? 'resourceclaims' : undefined
}
