// What must hold after every single change, whatever breaks. Each rule is a pure look at one change and the world after it; it answers with
// the fault, or with nothing.
import { type Change, controllerUid, isActive, isReady, isTerminal, mayRun, type Stored, type World } from './world.ts'

/** What rules may remember between changes, and how hard the storm is. */
export interface Memory {
  /** Only requests fail and processes restart: no node is lost and nobody deletes pods. */
  undisturbed: boolean
  /** Pods that were seen to succeed or fail, by the uid of their Job. */
  ended: Map<string, { succeeded: Map<string, string>; failed: Set<string> }>
  /** Pods that somebody removed by force, by uid. */
  forced: Set<string>
  uids: Set<string>
}

export interface Invariant {
  name: string
  kind: string
  fault: (change: Change, world: World, memory: Memory) => string | undefined
}

/** Rules of objects in general. */
const general: Invariant[] = [
  {
    name: 'a uid belongs to one object, for ever',
    kind: '*',
    fault: ({ before, after }, _, { uids }) => {
      const uid = after?.metadata.uid ?? ''
      if (after === undefined || before?.metadata.uid === uid) return undefined
      if (uids.has(uid)) return `${uid} was there before`
      uids.add(uid)
      return before === undefined ? undefined : 'an object was replaced in place'
    },
  },
  {
    name: 'a deletion is not taken back, a generation does not go back',
    kind: '*',
    fault: ({ before, after }) => {
      if (before === undefined || after === undefined) return undefined
      if (before.metadata.deletionTimestamp !== undefined && after.metadata.deletionTimestamp === undefined)
        return 'deletionTimestamp went away'
      return (after.metadata.generation ?? 0) < (before.metadata.generation ?? 0) ? 'generation went back' : undefined
    },
  },
]

const pods: Invariant[] = [
  {
    name: 'a pod is bound once',
    kind: 'Pod',
    fault: ({ before, after }) => {
      const node = before?.spec.nodeName
      return node !== undefined && after !== undefined && after.spec.nodeName !== node ? `${node} → ${after.spec.nodeName}` : undefined
    },
  },
  {
    name: 'a pod that has ended stays so',
    kind: 'Pod',
    fault: ({ before, after }) =>
      before !== undefined && after !== undefined && isTerminal(before) && after.status?.phase !== before.status?.phase
        ? `${before.status.phase} → ${after.status?.phase}`
        : undefined,
  },
  {
    name: 'restarts are not forgotten',
    kind: 'Pod',
    fault: ({ before, after }) => {
      const counts = (pod: Stored | undefined) => pod?.status?.containerStatuses?.[0]?.restartCount ?? 0
      return after !== undefined && counts(after) < counts(before) ? `${counts(before)} → ${counts(after)}` : undefined
    },
  },
  {
    name: 'two running pods never share an address',
    kind: 'Pod',
    fault: ({ before, after }, world) => {
      const ip = after?.status?.podIP
      if (ip === undefined || ip === before?.status?.podIP || !mayRun(after!)) return undefined
      const other = world
        .list('Pod')
        .find(
          (pod) =>
            pod.metadata.uid !== after!.metadata.uid && pod.status?.podIP === ip && mayRun(pod) && world.of('Node').has(pod.spec.nodeName),
        )
      return other === undefined ? undefined : `${ip} is also that of ${other.metadata.name}`
    },
  },
  {
    name: 'a pod goes only when its containers have ended, its node is gone, or by force',
    kind: 'Pod',
    fault: ({ before, after }, world, { forced }) => {
      if (after !== undefined || before === undefined || !mayRun(before)) return undefined
      const gone = !world.of('Node').has(before.spec.nodeName)
      return gone || forced.has(before.metadata.uid ?? '') ? undefined : `containers may still run on ${before.spec.nodeName}`
    },
  },
]

/** The bound that the deployment controller wrote down: replicas and surge of the version that it saw. */
const maxAnnotation = 'deployment.kubernetes.io/max-replicas'

const workloads: Invariant[] = [
  {
    name: 'a rollout does not surge beyond maxSurge',
    kind: 'ReplicaSet',
    fault: ({ before, after }, world) => {
      const uid = after === undefined ? undefined : controllerUid(after)
      if (uid === undefined || after!.spec.replicas <= (before?.spec.replicas ?? 0)) return undefined
      const siblings = world.list('ReplicaSet').filter((set) => controllerUid(set) === uid)
      const sum = siblings.reduce((total, set) => total + set.spec.replicas, 0)
      const most = Number(after!.metadata.annotations?.[maxAnnotation])
      // a Deployment that shrinks waits for its sets to follow
      return sum > most && sum > sumBefore(siblings, before, after!) ? `${sum} replicas, ${most} allowed` : undefined
    },
  },
  {
    name: 'a rollout does not go below maxUnavailable',
    kind: 'ReplicaSet',
    fault: ({ before, after }, world, { undisturbed }) => {
      if (!undisturbed || before === undefined || after === undefined || after.spec.replicas >= before.spec.replicas) return undefined
      const deployment = world.list('Deployment').find(({ metadata }) => metadata.uid === controllerUid(after))
      const { strategy, replicas } = deployment?.spec ?? {}
      if (
        strategy?.type !== 'RollingUpdate' ||
        after.metadata.annotations?.['deployment.kubernetes.io/desired-replicas'] !== String(replicas)
      )
        return undefined
      const lacking = scaled(strategy.rollingUpdate.maxUnavailable, replicas, Math.floor)
      const surge = scaled(strategy.rollingUpdate.maxSurge, replicas, Math.ceil)
      const least = replicas - (surge === 0 && lacking === 0 ? 1 : lacking)
      const siblings = world.list('ReplicaSet').filter((set) => controllerUid(set) === deployment!.metadata.uid)
      const left = siblings.reduce((sum, set) => sum + Math.min(set.spec.replicas, world.owned('Pod', set).filter(isReady).length), 0)
      const was = left + Math.max(0, Math.min(before.spec.replicas, world.owned('Pod', after).filter(isReady).length) - after.spec.replicas)
      return left < least && was >= left + 1 ? `${left} ready pods stay, ${least} are needed` : undefined
    },
  },
  {
    name: 'an ordered StatefulSet makes no pod before those in front of it are there',
    kind: 'Pod',
    fault: ({ before, after }, world, { undisturbed }) => {
      if (before !== undefined || after === undefined || !undisturbed) return undefined
      const set = world.list('StatefulSet').find(({ metadata }) => metadata.uid === controllerUid(after))
      if (set === undefined || set.spec.podManagementPolicy !== 'OrderedReady') return undefined
      const ordinal = Number(after.metadata.name!.slice(set.metadata.name!.length + 1))
      for (let front = set.spec.ordinals?.start ?? 0; front < ordinal; front++) {
        const pod = world.of('Pod').get(`${set.metadata.namespace}/${set.metadata.name}-${front}`)
        if (pod === undefined || !isReady(pod)) return `ordinal ${front} is ${pod === undefined ? 'missing' : 'not ready'}`
      }
      return undefined
    },
  },
]

function sumBefore(siblings: readonly Stored[], before: Stored | undefined, after: Stored): number {
  return siblings.reduce(
    (sum, set) => sum + (set.metadata.uid === after.metadata.uid ? (before?.spec.replicas ?? 0) : set.spec.replicas),
    0,
  )
}

function scaled(value: number | string, total: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number(value.replace('%', '')) * total) / 100)
}

const jobOf = (pod: Stored, world: World): Stored | undefined =>
  world.list('Job').find(({ metadata }) => metadata.uid !== undefined && metadata.uid === controllerUid(pod))

const jobs: Invariant[] = [
  {
    name: 'a Job runs no more pods than it may',
    kind: 'Pod',
    fault: ({ before, after }, world, memory) => {
      if (after === undefined) return undefined
      const job = jobOf(after, world)
      if (job === undefined) return undefined
      const ended = endedOf(memory, job.metadata.uid!)
      const { uid, annotations } = after.metadata
      const index = annotations?.['batch.kubernetes.io/job-completion-index'] ?? uid!
      if (after.status?.phase === 'Succeeded') ended.succeeded.set(uid!, index)
      if (after.status?.phase === 'Failed') ended.failed.add(uid!)
      if (before !== undefined) return undefined
      const active = world.owned('Pod', job).filter(isActive)
      const { parallelism, completions } = job.spec
      if (active.length > parallelism) return `${active.length} are active, parallelism is ${parallelism}`
      if (completions === undefined) return undefined
      const done = job.status?.succeeded ?? 0
      if (done + active.length > completions) return `${done} have succeeded, ${active.length} are active, completions is ${completions}`
      const twin = job.spec.completionMode === 'Indexed' && active.filter((pod) => indexOf(pod) === index).length > 1
      return twin ? `index ${index} is active twice` : undefined
    },
  },
  {
    name: 'a finished Job starts nothing',
    kind: 'Pod',
    fault: ({ before, after }, world) => {
      const job = before === undefined && after !== undefined ? jobOf(after, world) : undefined
      const over = job?.status?.conditions?.find(
        ({ type, status }: { type: string; status: string }) => type !== 'Suspended' && status === 'True',
      )
      return over === undefined ? undefined : `the Job has the condition ${over.type}`
    },
  },
  {
    name: 'a Job counts every pod once',
    kind: 'Job',
    fault: ({ before, after }, _, memory) => {
      if (after === undefined) return undefined
      const { succeeded = 0, failed = 0 } = after.status ?? {}
      const ended = endedOf(memory, after.metadata.uid!)
      const distinct = new Set(ended.succeeded.values()).size
      if (succeeded > distinct) return `${succeeded} counted as succeeded, ${distinct} have`
      if (succeeded < (before?.status?.succeeded ?? 0) && after.spec.completionMode !== 'Indexed') return 'successes were forgotten'
      return failed < (before?.status?.failed ?? 0) ? 'failures were forgotten' : undefined
    },
  },
]

const indexOf = (pod: Stored): string | undefined => pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index']

function endedOf({ ended }: Memory, uid: string) {
  let one = ended.get(uid)
  if (one === undefined) ended.set(uid, (one = { succeeded: new Map(), failed: new Set() }))
  return one
}

export const invariants: readonly Invariant[] = [...general, ...pods, ...workloads, ...jobs]
