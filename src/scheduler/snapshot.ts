// What plugins see of the cluster during one cycle. The cache itself is the snapshot: a cycle is synchronous, nothing changes under it.
import type { Namespace, PersistentVolume, PersistentVolumeClaim, Service } from '../../openapi/types/core/v1.ts'
import type { PodDisruptionBudget } from '../../openapi/types/policy/v1.ts'
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment } from '../../openapi/types/storage/v1.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

/** Reading access to a kind, cheaper than a Lister: plugins need no owner index. */
export interface Reader<T extends KubeObject> {
  get(name: string, namespace?: string): T | undefined
  list(namespace?: string): readonly T[]
}

/** Objects besides nodes and pods that some plugins ask for. */
export interface World {
  namespaces: Reader<Namespace>
  services: Reader<Service>
  claims: Reader<PersistentVolumeClaim>
  volumes: Reader<PersistentVolume>
  storageClasses: Reader<StorageClass>
  csiNodes: Reader<CSINode>
  csiDrivers: Reader<CSIDriver>
  csiCapacities: Reader<CSIStorageCapacity>
  volumeAttachments: Reader<VolumeAttachment>
  budgets: Reader<PodDisruptionBudget>
  /** Selectors of the services, replica sets … a pod belongs to come from here. */
  owners: { replicationControllers: Reader<KubeObject>; replicaSets: Reader<KubeObject>; statefulSets: Reader<KubeObject> }
}

export interface Snapshot {
  /** All nodes, those of different zones by turns. */
  readonly nodes: readonly NodeInfo[]
  node(name: string): NodeInfo | undefined
  readonly nodesWithAffinityPods: ReadonlySet<NodeInfo>
  readonly nodesWithRequiredAntiAffinityPods: ReadonlySet<NodeInfo>
  /** On how many nodes an image is. */
  imageNodes(image: string): number
  /** Pods that preemption has promised a node, by its name. */
  nominated(node: string): readonly PodInfo[]
  /** Volumes set aside for pods on their way to a node: volume name → claim key. */
  readonly reservedVolumes: ReadonlyMap<string, string>
  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined
  readonly world: World
}
