// Priority: a pod's priorityClassName becomes its priority and preemption policy; only one class may be the default.
import type { Pod } from '../../../openapi/types/core/v1.ts'
import type { PriorityClass as PriorityClassObject } from '../../../openapi/types/scheduling/v1.ts'
import { PriorityClass } from '../../api/scheduling/priorityclass.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { isFor, objectAs, oldObjectAs, refuse } from './refuse.ts'

export const priority: AdmissionPlugin = {
  name: 'Priority',
  on: ['CREATE', 'UPDATE'],
  mutate: async (attributes, read) => {
    if (!isFor(attributes, 'pods')) return
    if (attributes.operation === 'CREATE') await admitNewPod(attributes, read)
    else keepPriority(attributes)
  },
  validate: (attributes, read) => {
    if (!isFor(attributes, 'priorityclasses.scheduling.k8s.io')) return
    const given = objectAs<PriorityClassObject>(attributes)
    const present = given.globalDefault ? defaultClass(read) : undefined
    if (present === undefined) return
    const name = present.metadata?.name
    if (attributes.operation === 'CREATE' || name !== given.metadata?.name) {
      throw refuse(attributes, `PriorityClass ${name} is already marked as default. Only one default can exist`)
    }
  },
}

/** What the server sets at creation stays when a client's update leaves it out. */
function keepPriority(attributes: AdmissionAttributes): void {
  const spec = objectAs<Pod>(attributes).spec
  const old = oldObjectAs<Pod>(attributes)?.spec
  if (spec === undefined || old === undefined) return
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined) spec.preemptionPolicy = old.preemptionPolicy
}

async function admitNewPod(attributes: AdmissionAttributes, read: Reader): Promise<void> {
  const pod = objectAs<Pod>(attributes)
  if (pod.spec === undefined) return
  const { spec } = pod
  const chosen = spec.priorityClassName ? await namedClass(attributes, read, spec.priorityClassName) : defaultClass(read)
  const value = chosen?.value ?? 0
  const policy = chosen === undefined ? 'PreemptLowerPriority' : chosen.preemptionPolicy
  if (chosen?.metadata?.name) spec.priorityClassName = chosen.metadata.name
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refuse(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  }
  spec.priority = value
  if (policy === undefined) return
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refuse(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  }
  spec.preemptionPolicy = policy
}

async function namedClass(attributes: AdmissionAttributes, read: Reader, name: string): Promise<PriorityClassObject> {
  let found = read.get(PriorityClass, undefined, name)
  if (found === undefined) {
    await read.refresh()
    found = read.get(PriorityClass, undefined, name)
  }
  if (found === undefined) throw refuse(attributes, `no PriorityClass with name ${name} was found`)
  return found
}

/** The class marked globalDefault; the lowest of several. */
function defaultClass(read: Reader): PriorityClassObject | undefined {
  let lowest: PriorityClassObject | undefined
  for (const candidate of read.list(PriorityClass)) {
    if (candidate.globalDefault && (lowest === undefined || (lowest.value ?? 0) > (candidate.value ?? 0))) lowest = candidate
  }
  return lowest
}
