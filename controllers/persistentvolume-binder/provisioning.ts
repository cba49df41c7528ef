// Volumes made on demand: host directories by ourselves, anything else by a provisioner that is told by annotation.
// https://kubernetes.io/docs/concepts/storage/dynamic-provisioning/
import type {
  PersistentVolumeClaim as PersistentVolumeClaimObject,
  PersistentVolume as PersistentVolumeObject,
} from '../../openapi/types/core/v1.ts'
import type { StorageClass as StorageClassObject } from '../../openapi/types/storage/v1.ts'
import { PersistentVolume } from '../../src/api/core/persistentvolume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistentvolumeclaim.ts'
import type { Lister } from '../../src/controller/define.ts'
import { event, nothing, type Plan, patch, plan, recordedStep, type Write } from '../../src/controller/plan.ts'
import { hostPathProvisioner, provisionedBy } from '../shared/host-path.ts'
import { boundByController, referenceTo } from './binding.ts'
import { className } from './matching.ts'

/** On claims: the node of the pod that waits for it. */
export const selectedNode = 'volume.kubernetes.io/selected-node'
const storageProvisioners = ['volume.beta.kubernetes.io/storage-provisioner', 'volume.kubernetes.io/storage-provisioner']

/** Provisioners that used to be built in → the CSI drivers that took over. */
const successors = new Map([
  ['kubernetes.io/aws-ebs', 'ebs.csi.aws.com'],
  ['kubernetes.io/azure-disk', 'disk.csi.azure.com'],
  ['kubernetes.io/azure-file', 'file.csi.azure.com'],
  ['kubernetes.io/cinder', 'cinder.csi.openstack.org'],
  ['kubernetes.io/gce-pd', 'pd.csi.storage.gke.io'],
  ['kubernetes.io/portworx-volume', 'pxd.portworx.com'],
  ['kubernetes.io/vsphere-volume', 'csi.vsphere.vmware.com'],
])

/** Makes the volume of a claim with a class, or asks the class's provisioner for it. `directory` holds the directories of volumes. */
export function provision(
  claim: PersistentVolumeClaimObject,
  classes: Lister<StorageClassObject>,
  volumes: Lister<PersistentVolumeObject>,
  directory: string,
): Plan {
  const name = className(claim)
  const storageClass = classes.get(name)
  if (storageClass === undefined) return failed(`storageclass.storage.k8s.io ${JSON.stringify(name)} not found`)
  const { provisioner } = storageClass
  const successor = successors.get(provisioner)
  if (provisioner === hostPathProvisioner) return hostPathVolume(claim, storageClass, volumes, directory)
  if (successor === undefined && provisioner.startsWith('kubernetes.io/')) return failed(`no volume plugin matched name: ${provisioner}`)
  return external(claim, successor ?? provisioner)
}

function failed(message: string): Plan {
  return plan(event('Warning', 'ProvisioningFailed', message))
}

function external(claim: PersistentVolumeClaimObject, provisioner: string): Plan {
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
  return plan(told(claim, provisioner), event('Normal', 'ExternalProvisioning', message))
}

function told(claim: PersistentVolumeClaimObject, provisioner: string): Write | undefined {
  if (claim.metadata?.annotations?.['volume.kubernetes.io/storage-provisioner'] === provisioner) return undefined
  const annotations = Object.fromEntries(storageProvisioners.map((name) => [name, provisioner]))
  return patch(PersistentVolumeClaim, claim, { metadata: { annotations } })
}

function hostPathVolume(
  claim: PersistentVolumeClaimObject,
  storageClass: StorageClassObject,
  volumes: Lister<PersistentVolumeObject>,
  directory: string,
): Plan {
  const name = `pvc-${claim.metadata?.uid}`
  if (claim.metadata?.deletionTimestamp !== undefined || volumes.get(name) !== undefined) return nothing
  if (claim.spec?.dataSource !== undefined)
    return failed(
      `plugin ${JSON.stringify(hostPathProvisioner)} is not a CSI plugin. Only CSI plugin can provision a claim with a datasource`,
    )
  const named = JSON.stringify(storageClass.metadata?.name)
  const { mountOptions = [] } = storageClass
  if (mountOptions.length > 0)
    return failed(
      `Mount options are not supported by the provisioner but StorageClass ${named} has mount options [${mountOptions.join(' ')}]`,
    )
  if (claim.spec?.volumeMode === 'Block') {
    const message = `Failed to provision volume with StorageClass ${named}: ${hostPathProvisioner} does not support block volume provisioning`
    return plan(unplaced(claim), failed(message))
  }
  const write: Write = { op: 'create', kind: PersistentVolume, object: hostPath(name, claim, storageClass, directory) }
  const message = `Successfully provisioned volume ${name} using ${hostPathProvisioner}`
  const outcome = { success: () => ({ type: 'Normal' as const, reason: 'ProvisioningSucceeded', message }) }
  return plan(told(claim, hostPathProvisioner), recordedStep([{ write, outcome }]))
}

/** Hands the claim back to the scheduler: it may choose again. */
function unplaced(claim: PersistentVolumeClaimObject): Write | undefined {
  if (claim.metadata?.annotations?.[selectedNode] === undefined) return undefined
  return patch(PersistentVolumeClaim, claim, { metadata: { annotations: { [selectedNode]: null } } })
}

/** A directory lies on one node: the node of the first consumer, where that is known. */
function hostPath(
  name: string,
  claim: PersistentVolumeClaimObject,
  storageClass: StorageClassObject,
  directory: string,
): PersistentVolumeObject {
  const node = claim.metadata?.annotations?.[selectedNode]
  const onNode = { key: 'kubernetes.io/hostname', operator: 'In', values: [node ?? ''] }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [boundByController]: 'yes', [provisionedBy]: hostPathProvisioner } },
    spec: {
      capacity: { storage: claim.spec?.resources?.requests?.['storage'] ?? '0' },
      accessModes: [...(claim.spec?.accessModes ?? [])],
      claimRef: referenceTo(claim),
      hostPath: { path: `${directory.replace(/\/+$/, '')}/${name}`, type: 'DirectoryOrCreate' },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: className(claim),
      ...(node === undefined ? {} : { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } } }),
    },
  }
}
