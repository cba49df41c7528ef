// Short forms of pods, nodes and clusters for the tests of the scheduler.
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec, Service } from '../../openapi/types/core/v1.ts'
import type { PodDisruptionBudget } from '../../openapi/types/policy/v1.ts'
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment } from '../../openapi/types/storage/v1.ts'
import type { Clock } from '../../src/apimachinery/clock.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { ClusterCache } from '../../src/scheduler/cache.ts'
import { podInfo } from '../../src/scheduler/pod-info.ts'
import type { Reader, World } from '../../src/scheduler/snapshot.ts'

export interface PodShape extends Partial<Omit<PodSpec, 'containers'>> {
  labels?: Record<string, string>
  requests?: Record<string, string>
  ports?: { hostPort: number; hostIP?: string; protocol?: string }[]
  image?: string
  status?: Pod['status']
  ownerReferences?: NonNullable<Pod['metadata']>['ownerReferences']
}

/** A pod of namespace default, its uid being its name. */
export function pod(name: string, shape: PodShape = {}): Pod {
  const { labels, requests, ports, image = 'app', status, ownerReferences, ...spec } = shape
  return {
    metadata: { name, namespace: 'default', uid: name, ...(labels && { labels }), ...(ownerReferences && { ownerReferences }) },
    spec: {
      schedulerName: 'default-scheduler',
      ...spec,
      containers: [{ name: 'c', image, resources: { requests }, ports: ports?.map((port) => ({ ...port, containerPort: port.hostPort })) }],
    } as PodSpec,
    ...(status && { status }),
  }
}

export interface NodeShape {
  labels?: Record<string, string>
  taints?: { key: string; value?: string; effect: string }[]
  unschedulable?: boolean
  allocatable?: Record<string, string>
  images?: { names: string[]; sizeBytes: number }[]
}

/** A node with 4 CPUs, 8 GiB and room for 110 pods. */
export function node(name: string, shape: NodeShape = {}): Node {
  const { labels, taints, unschedulable, images } = shape
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(taints && { taints }), ...(unschedulable && { unschedulable }) },
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...shape.allocatable }, ...(images && { images }) },
  }
}

function reader<T extends KubeObject>(objects: readonly T[] = []): Reader<T> {
  return {
    get: (name, namespace) => objects.find(({ metadata }) => metadata?.name === name && (metadata.namespace ?? '') === (namespace ?? '')),
    list: (namespace) => objects.filter(({ metadata }) => namespace === undefined || metadata?.namespace === namespace),
  }
}

export interface WorldShape {
  claims?: PersistentVolumeClaim[]
  volumes?: PersistentVolume[]
  storageClasses?: StorageClass[]
  csiNodes?: CSINode[]
  csiDrivers?: CSIDriver[]
  csiCapacities?: CSIStorageCapacity[]
  volumeAttachments?: VolumeAttachment[]
  services?: Service[]
  budgets?: PodDisruptionBudget[]
}

export function world(shape: WorldShape = {}): World {
  return {
    namespaces: reader([{ metadata: { name: 'default', labels: { team: 'a' } } }]),
    services: reader(shape.services),
    claims: reader(shape.claims),
    volumes: reader(shape.volumes),
    storageClasses: reader(shape.storageClasses),
    csiNodes: reader(shape.csiNodes),
    csiDrivers: reader(shape.csiDrivers),
    csiCapacities: reader(shape.csiCapacities),
    volumeAttachments: reader(shape.volumeAttachments),
    budgets: reader(shape.budgets),
    owners: { replicationControllers: reader(), replicaSets: reader(), statefulSets: reader() },
  }
}

/** A cluster of these nodes; each pod runs on the node of that name. */
export function cluster(nodes: readonly Node[], running: readonly (readonly [Pod, string])[] = [], shape: WorldShape = {}): ClusterCache {
  const cache = new ClusterCache(world(shape))
  for (const each of nodes) cache.setNode(each)
  for (const [each, name] of running) cache.setPod(podInfo({ ...each, spec: { ...each.spec!, nodeName: name } }))
  return cache
}

/** A clock that moves when it is told to. */
export function virtualClock(): Clock & { advance(ms: number): void } {
  let now = 1_000_000
  let timers: { at: number; callback: () => void }[] = []
  return {
    now: () => now,
    after(delayMs, callback) {
      const timer = { at: now + delayMs, callback }
      timers.push(timer)
      return {
        cancel: () => {
          timers = timers.filter((each) => each !== timer)
        },
      }
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        timers = timers.filter((each) => each !== next)
        now = Math.max(now, next.at)
        next.callback()
      }
      now = end
    },
  }
}
