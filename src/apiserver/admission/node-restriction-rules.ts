// NodeRestriction's rules for tokens, certificates and claims. Each says why a node may not, or undefined.
import type { TokenRequest } from '../../../openapi/types/authentication/v1.ts'
import type { CertificateSigningRequest } from '../../../openapi/types/certificates/v1.ts'
import type { PersistentVolumeClaim } from '../../../openapi/types/core/v1.ts'
import { PersistentVolume } from '../../api/core/persistentvolume.ts'
import { PersistentVolumeClaim as ClaimKind } from '../../api/core/persistentvolumeclaim.ts'
import { Pod } from '../../api/core/pod/index.ts'
import { CSIDriver } from '../../api/storage/csidriver.ts'
import { notFound } from '../../apimachinery/api-error.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import { draft } from '../../apimachinery/meta.ts'
import { parseCertificateRequest } from '../../pki/certificate-request.ts'
import type { AdmissionAttributes, Reader } from './plugin.ts'
import { objectAs, oldObjectAs } from './refuse.ts'

const nodeSigners = new Set(['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'])

/** A node asks for certificates in its own name only. */
export function nodeCertificateFault(node: string, attributes: AdmissionAttributes): string | undefined {
  if (attributes.operation !== 'CREATE') return undefined
  const { spec } = objectAs<CertificateSigningRequest>(attributes)
  if (!nodeSigners.has(spec?.signerName ?? '')) return undefined
  try {
    const { commonName } = parseCertificateRequest(Buffer.from(spec?.request ?? '', 'base64').toString('latin1'))
    return commonName === `system:node:${node}` ? undefined : `can only create a node CSR with CN=system:node:${node}`
  } catch (error) {
    return `unable to parse csr: ${(error as Error).message}`
  }
}

/** A node gets tokens for the pods that run on it, for audiences that those pods ask for. */
export function nodeTokenFault(node: string, attributes: AdmissionAttributes, read: Reader): string | undefined {
  if (attributes.operation !== 'CREATE') return undefined
  const { spec } = objectAs<TokenRequest>(attributes)
  const bound = spec?.boundObjectRef
  if (bound?.apiVersion !== 'v1' || bound.kind !== 'Pod' || !bound.name) return 'node requested token not bound to a pod'
  if (!bound.uid) return 'node requested token with a pod binding without a uid'
  const pod = read.get(Pod, attributes.namespace, bound.name)
  if (pod === undefined) throw notFound(Pod, bound.name)
  if (pod.metadata?.uid !== bound.uid) {
    return `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`
  }
  if (pod.spec?.nodeName !== node) return 'node requested token bound to a pod scheduled on a different node'
  const audiences = spec?.audiences ?? []
  if (audiences.length > 1) return 'node may only request 0 or 1 audiences'
  const audience = audiences[0] ?? ''
  const wanted = (pod.spec.volumes ?? []).some((volume) => {
    if (volume.projected?.sources?.some(({ serviceAccountToken: token }) => token !== undefined && (token.audience ?? '') === audience))
      return true
    const claim = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral === undefined ? undefined : `${bound.name}-${volume.name}`)
    const driver = volume.csi?.driver ?? (claim === undefined ? undefined : driverOfClaim(attributes.namespace, claim, read))
    const requests = driver === undefined ? [] : (read.get(CSIDriver, undefined, driver)?.spec?.tokenRequests ?? [])
    return requests.some((request) => request.audience === audience)
  })
  const user = attributes.user.name
  return wanted
    ? undefined
    : `audience ${JSON.stringify(audience)} not found in pod spec volume, ${user} is not authorized to request tokens for this audience`
}

function driverOfClaim(namespace: string | undefined, name: string, read: Reader): string | undefined {
  const volume = read.get(ClaimKind, namespace, name)?.spec?.volumeName
  return volume === undefined || volume === '' ? undefined : read.get(PersistentVolume, undefined, volume)?.spec?.csi?.driver
}

/** Of a claim, a node may change the size that the volume has, and conditions. */
export function nodeClaimStatusFault(node: string, attributes: AdmissionAttributes): string | undefined {
  if (attributes.operation !== 'UPDATE') return `unexpected operation "${attributes.operation}"`
  const bare = (claim: PersistentVolumeClaim | undefined): PersistentVolumeClaim => {
    const { metadata, status, ...rest } = draft(claim ?? {})
    const { resourceVersion: _version, managedFields: _fields, ...meta } = metadata ?? {}
    const {
      capacity: _capacity,
      conditions: _conditions,
      allocatedResources: _sizes,
      allocatedResourceStatuses: _states,
      ...left
    } = status ?? {}
    return { ...rest, metadata: meta, status: left }
  }
  const same = semanticDeepEqual(bare(oldObjectAs<PersistentVolumeClaim>(attributes)), bare(objectAs<PersistentVolumeClaim>(attributes)))
  return same ? undefined : `node ${JSON.stringify(node)} is not allowed to update fields other than status.quantity and status.conditions`
}
