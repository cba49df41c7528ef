// RuntimeClass: a pod's class adds its overhead, node selector and tolerations.
import type { Pod, Toleration } from '../../../openapi/types/core/v1.ts'
import type { RuntimeClass as RuntimeClassObject } from '../../../openapi/types/node/v1.ts'
import { RuntimeClass } from '../../api/node/runtimeclass.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import { setOwn } from '../../apimachinery/json.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { isFor, objectAs, refuse } from './refuse.ts'

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  on: ['CREATE'],
  mutate: async (attributes, read) => {
    if (!isFor(attributes, 'pods')) return
    const pod = objectAs<Pod>(attributes)
    const chosen = await classOf(attributes, pod, read)
    if (pod.spec === undefined || chosen === undefined) return
    setOverhead(attributes, pod, chosen)
    setScheduling(attributes, pod, chosen)
  },
  validate: async (attributes, read) => {
    if (!isFor(attributes, 'pods')) return
    const pod = objectAs<Pod>(attributes)
    const overhead = (await classOf(attributes, pod, read))?.overhead
    if (overhead === undefined) {
      if (pod.spec?.overhead !== undefined) {
        throw refuse(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
      }
    } else if (!semanticDeepEqual(overhead.podFixed, pod.spec?.overhead)) throw refuse(attributes, overheadMismatch)
  },
}

const overheadMismatch = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

async function classOf(attributes: AdmissionAttributes, pod: Pod, read: Reader): Promise<RuntimeClassObject | undefined> {
  const name = pod.spec?.runtimeClassName
  if (name === undefined) return undefined
  let found = read.get(RuntimeClass, undefined, name)
  if (found === undefined) {
    await read.refresh()
    found = read.get(RuntimeClass, undefined, name)
  }
  if (found === undefined) throw refuse(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
  return found
}

function setOverhead(attributes: AdmissionAttributes, pod: Pod, { overhead }: RuntimeClassObject): void {
  if (overhead === undefined || pod.spec === undefined) return
  const given = pod.spec.overhead
  if (given !== undefined && Object.keys(given).length > 0 && !semanticDeepEqual(given, overhead.podFixed)) {
    throw refuse(attributes, overheadMismatch)
  }
  if (overhead.podFixed === undefined) delete pod.spec.overhead
  else pod.spec.overhead = { ...overhead.podFixed }
}

function setScheduling(attributes: AdmissionAttributes, pod: Pod, { scheduling }: RuntimeClassObject): void {
  if (scheduling === undefined || pod.spec === undefined) return
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const selector = (pod.spec.nodeSelector ??= {})
    const given = Object.hasOwn(selector, key) ? selector[key] : undefined
    if (given !== undefined && given !== value) {
      throw refuse(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${given}`,
      )
    }
    setOwn(selector, key, value)
  }
  const tolerations = mergedTolerations(pod.spec.tolerations ?? [], scheduling.tolerations ?? [])
  if (tolerations.length > 0) pod.spec.tolerations = tolerations
}

/** The union of both lists: one that says no more than another is left out. */
export function mergedTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second]
  return all
    .filter((one, index) => !all.some((other, at) => at !== index && isSuperset(other, one) && !(isSuperset(one, other) && at > index)))
    .map((toleration) => ({ ...toleration }))
}

/** Whether `wide` tolerates all that `narrow` does. */
function isSuperset(wide: Toleration, narrow: Toleration): boolean {
  if (semanticDeepEqual(wide, narrow)) return true
  if (wide.key !== narrow.key && (wide.key || wide.operator !== 'Exists')) return false
  if (wide.effect !== narrow.effect && wide.effect) return false
  if (wide.effect === 'NoExecute' || (!wide.effect && narrow.effect === 'NoExecute')) {
    if (
      wide.tolerationSeconds !== undefined &&
      (narrow.tolerationSeconds === undefined || wide.tolerationSeconds < narrow.tolerationSeconds)
    )
      return false
  }
  if (wide.operator === 'Exists') return true
  return (wide.operator ?? 'Equal') === 'Equal' && (narrow.operator ?? 'Equal') === 'Equal' && (wide.value ?? '') === (narrow.value ?? '')
}
