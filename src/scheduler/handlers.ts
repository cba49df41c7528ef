// How changes seen by the informers reach the cache and the queue.
import type { Node, Pod } from '../../openapi/types/core/v1.ts'
import { isPodTerminal } from '../api/core/pod/queries.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { InformerHandler } from '../client/informer.ts'
import type { ClusterCache } from './cache.ts'
import { assignedPodEvents, nodeEvents, pendingPodEvents } from './events.ts'
import type { PodInfo } from './pod-info.ts'
import { podInfo } from './pod-info.ts'
import type { SchedulingQueue } from './queue.ts'

/** Nodes come, change and go. */
export function nodeHandler(cache: ClusterCache, queue: SchedulingQueue): InformerHandler<Node> {
  return ({ type, object, previous }) => {
    if (type === 'deleted') {
      cache.removeNode(object.metadata?.name ?? '')
      queue.onEvent('NodeDelete', { previous: object })
      return
    }
    cache.setNode(object)
    const events = previous === undefined ? (['NodeAdd'] as const) : nodeEvents(previous, object)
    for (const event of events) queue.onEvent(event, { previous, object })
  }
}

type WorldKind = 'PersistentVolume' | 'PersistentVolumeClaim' | 'StorageClass' | 'CSINode' | 'CSIStorageCapacity'

/** Changes of other kinds are only events: the caches behind the world hold the objects. */
export function worldHandler(kind: WorldKind, queue: SchedulingQueue): InformerHandler<KubeObject> {
  return ({ type, object, previous }) => {
    const change = type === 'deleted' ? { previous: object } : { previous, object }
    if (type === 'added') queue.onEvent(`${kind}Add`, change)
    else if (type === 'updated') queue.onEvent(`${kind}Update`, change)
    else if (kind === 'PersistentVolume' || kind === 'PersistentVolumeClaim') queue.onEvent(`${kind}Delete`, change)
  }
}

/** Pods with a node are counted there; those without one, that are ours, wait for one. */
export function podHandler(cache: ClusterCache, queue: SchedulingQueue, isOurs: (pod: PodInfo) => boolean): InformerHandler<Pod> {
  const assigned = (pod: Pod) => Boolean(pod.spec?.nodeName)
  const gone = (pod: Pod, wasAssigned: boolean): void => {
    const uid = pod.metadata?.uid ?? ''
    const counted = wasAssigned || cache.isAssumed(uid) || cache.nominationOf(uid) !== undefined
    cache.removePod(uid)
    cache.forgetNomination(uid)
    queue.remove(uid)
    if (counted) queue.onEvent('AssignedPodDelete', { previous: pod })
  }
  return ({ type, object, previous }) => {
    if (type === 'deleted' || isPodTerminal(object)) return gone(object, assigned(previous ?? object))
    const info = podInfo(object)
    if (assigned(object)) {
      queue.remove(info.uid)
      cache.forgetNomination(info.uid)
      cache.setPod(info)
      if (previous === undefined || !assigned(previous)) return queue.onEvent('AssignedPodAdd', { previous, object })
      for (const event of assignedPodEvents(previous, object)) queue.onEvent(event, { previous, object })
      return
    }
    if (!isOurs(info) || cache.isAssumed(info.uid)) return
    const nominated = object.status?.nominatedNodeName ?? ''
    if (nominated !== (previous?.status?.nominatedNodeName ?? '')) cache.nominate(info, nominated)
    if (previous === undefined) queue.add(info)
    else queue.update(info, { previous, object }, pendingPodEvents(previous, object))
  }
}
