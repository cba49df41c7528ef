// What must be so once the storm is over and some time has passed. Pure: the world and what the user wants in, what is missing out.

import { namespace, versionOf, type Wanted } from './workloads.ts'
import { condition, controllerUid, isActive, isReady, isTerminal, type Stored, type World } from './world.ts'

type Unmet = string[]

/** Everything that is not yet as it has to be. */
export function unmet(world: World, wanted: readonly Wanted[], nodes: readonly string[]): Unmet {
  const faults = [...leftovers(world), ...nodeFaults(world, nodes)]
  for (const one of wanted) {
    const key = `${namespace}/${one.name}`
    const object = world.of(one.kind.kind).get(key)
    const say = (text: string) => void faults.push(`${one.kind.kind} ${one.name}: ${text}`)
    if (one.spec === undefined) {
      if (object !== undefined) say('is still there')
      continue
    }
    if (object === undefined) {
      if (one.spec.ttlSecondsAfterFinished === undefined) say('is not there')
      continue
    }
    if (object.metadata.uid !== one.uid) say('is another one')
    checks[one.kind.kind]?.(object, world, one, say)
  }
  return faults
}

type Check = (object: Stored, world: World, wanted: Wanted, say: (text: string) => void) => void

const podsOf = (world: World, name: string): Stored[] => world.list('Pod').filter(({ metadata }) => metadata.labels?.['app'] === name)

function counts(object: Stored, fields: Readonly<Record<string, number>>, say: (text: string) => void): void {
  const { status = {} } = object
  if (status.observedGeneration !== object.metadata.generation) say('the newest generation is not observed')
  for (const [field, count] of Object.entries(fields))
    if ((status[field] ?? 0) !== count) say(`${field} is ${status[field] ?? 0}, not ${count}`)
}

function running(pods: readonly Stored[], count: number, say: (text: string) => void): void {
  if (pods.length !== count) say(`${pods.length} pods, not ${count}`)
  for (const pod of pods) if (!isReady(pod) || !isActive(pod)) say(`pod ${pod.metadata.name} is not ready (${pod.status?.phase})`)
}

const checks: Record<string, Check> = {
  Deployment: (object, world, { name, spec }, say) => {
    const { replicas } = spec
    if (object.spec.replicas !== replicas) say('the acknowledged scale is lost')
    if (versionOf(object.spec.template) !== versionOf(spec.template)) say('the acknowledged template is lost')
    counts(
      object,
      { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas, unavailableReplicas: 0 },
      say,
    )
    const pods = podsOf(world, name).filter((pod) => !isTerminal(pod))
    running(pods, replicas, say)
    for (const pod of pods) if (versionOf(pod) !== versionOf(spec.template)) say(`pod ${pod.metadata.name} is of an old template`)
    const old = world.owned('ReplicaSet', object).filter((set) => set.spec.replicas === 0)
    const limit = spec.revisionHistoryLimit ?? 10
    if (old.length > limit + 1) say(`${old.length} old sets, ${limit} allowed`)
  },
  StatefulSet: (object, world, { name, spec }, say) => {
    const { replicas } = spec
    if (object.spec.replicas !== replicas) say('the acknowledged scale is lost')
    if (versionOf(object.spec.template) !== versionOf(spec.template)) say('the acknowledged template is lost')
    counts(object, { replicas, readyReplicas: replicas }, say)
    const pods = podsOf(world, name)
    running(pods, replicas, say)
    const start = spec.ordinals?.start ?? 0
    const names = Array.from({ length: replicas }, (_, index) => `${name}-${start + index}`)
    const missing = names.filter((each) => !pods.some(({ metadata }) => metadata.name === each))
    if (missing.length > 0) say(`${missing} missing`)
    const partition = spec.updateStrategy.rollingUpdate?.partition ?? 0
    if (spec.updateStrategy.type === 'OnDelete') return
    for (const pod of pods) {
      const ordinal = Number(pod.metadata.name!.slice(name.length + 1))
      if (ordinal >= start + partition && versionOf(pod) !== versionOf(spec.template)) say(`pod ${pod.metadata.name} is of an old template`)
    }
  },
  DaemonSet: (object, world, { name, spec }, say) => {
    const nodes = world.list('Node').map(({ metadata }) => metadata.name)
    const count = nodes.length
    const scheduled = { desiredNumberScheduled: count, currentNumberScheduled: count, numberMisscheduled: 0 }
    counts(object, { ...scheduled, numberReady: count, updatedNumberScheduled: count, numberAvailable: count }, say)
    const pods = podsOf(world, name)
    running(pods, count, say)
    for (const node of nodes) if (!pods.some((pod) => pod.spec.nodeName === node)) say(`no pod on ${node}`)
    for (const pod of pods) if (versionOf(pod) !== versionOf(spec.template)) say(`pod ${pod.metadata.name} is of an old template`)
  },
  Job: (object, world, { name, spec }, say) => {
    const active = podsOf(world, name).filter((pod) => !isTerminal(pod))
    if (spec.suspend === true && !finished(object)) {
      if (active.length > 0) say('is suspended and runs')
      if (condition(object, 'Suspended') !== 'True') say('has no condition Suspended')
      return
    }
    if (!finished(object)) return say('has not finished')
    if (active.length > 0) say('has finished and runs')
    const fails = spec.template.metadata.annotations['hollow.k8ts.io/exit-code'] !== undefined
    const { succeeded = 0, uncountedTerminatedPods } = object.status
    if (fails ? condition(object, 'Failed') !== 'True' : condition(object, 'Complete') !== 'True') say('has ended the wrong way')
    if (!fails && succeeded !== spec.completions) say(`${succeeded} succeeded, not ${spec.completions}`)
    if ((uncountedTerminatedPods?.succeeded ?? []).length > 0 || (uncountedTerminatedPods?.failed ?? []).length > 0)
      say('has uncounted pods')
    const held = podsOf(world, name).filter(({ metadata }) => (metadata.finalizers ?? []).length > 0)
    if (held.length > 0) say('holds its pods')
  },
  CronJob: (object, world, { spec }, say) => {
    const jobs = world.owned('Job', object)
    const done = jobs.filter((job) => condition(job, 'Complete') === 'True')
    if (done.length > spec.successfulJobsHistoryLimit) say(`keeps ${done.length} jobs`)
    const running = jobs.filter((job) => !finished(job))
    if (running.length > 1) say(`${running.length} jobs run at once`)
    if ((object.status?.active ?? []).length !== running.length) say('status.active is wrong')
  },
  Service: (_, world, { name, spec }, say) => {
    const ready = podsOf(world, spec.selector.app)
      .filter((pod) => isReady(pod) && isActive(pod))
      .map((pod) => pod.status.podIP as string)
    const slices = world.list('EndpointSlice').filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    const told = slices.flatMap((slice) =>
      ((slice as Stored & { endpoints?: Endpoint[] }).endpoints ?? []).filter(({ conditions }) => conditions.ready),
    )
    const addresses = told.flatMap((endpoint) => endpoint.addresses)
    if (ready.sort().join() !== addresses.sort().join()) say(`endpoints are ${addresses}, ready pods ${ready}`)
  },
}

interface Endpoint {
  addresses: string[]
  conditions: { ready?: boolean }
}

function finished(job: Stored): boolean {
  return condition(job, 'Complete') === 'True' || condition(job, 'Failed') === 'True'
}

/** Objects that have no business to be there any more. */
function leftovers(world: World): Unmet {
  const faults: Unmet = []
  const uids = new Set(world.kinds().flatMap((kind) => world.list(kind).map(({ metadata }) => metadata.uid)))
  for (const kind of world.kinds()) {
    if (kind === 'Event') continue
    for (const object of world.list(kind)) {
      const { name, deletionTimestamp } = object.metadata
      const owner = controllerUid(object)
      // pods of a CronJob come and go
      if (deletionTimestamp !== undefined && owner === undefined) faults.push(`${kind} ${name}: is still being deleted`)
      if (owner !== undefined && !uids.has(owner)) faults.push(`${kind} ${name}: has lost its owner`)
    }
  }
  for (const pod of world.list('Pod')) {
    if (pod.spec.nodeName !== undefined && !world.of('Node').has(pod.spec.nodeName))
      faults.push(`Pod ${pod.metadata.name}: is on a node that is gone`)
    if (pod.spec.nodeName === undefined && isActive(pod)) faults.push(`Pod ${pod.metadata.name}: is not scheduled`)
  }
  return faults
}

function nodeFaults(world: World, nodes: readonly string[]): Unmet {
  const faults: Unmet = []
  for (const name of nodes) {
    const node = world.of('Node').get(name)
    if (node === undefined) faults.push(`Node ${name}: is not there`)
    else if (!isReady(node) || (node.spec.taints ?? []).length > 0) faults.push(`Node ${name}: is not ready`)
  }
  for (const node of world.list('Node'))
    if (!nodes.includes(node.metadata.name!)) faults.push(`Node ${node.metadata.name}: has no business here`)
  return faults
}
