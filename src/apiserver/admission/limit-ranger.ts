// LimitRanger: fills in a namespace's default requests and limits, and refuses what leaves its bounds.
import type {
  Container,
  LimitRangeItem,
  LimitRange as LimitRangeObject,
  PersistentVolumeClaim,
  Pod,
} from '../../../openapi/types/core/v1.ts'
import { LimitRange } from '../../api/core/limitrange.ts'
import { setOwn } from '../../apimachinery/json.ts'
import { type Bounds, boundErrors, maxRequestError, minError } from './limit-bounds.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { amounts, podLimits, podRequests } from './pod-resources.ts'
import { isFor, joined, objectAs, oldObjectAs, refuse } from './refuse.ts'

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  on: ['CREATE', 'UPDATE'],
  mutate: async (attributes, read) => {
    if (!concerns(attributes) || !isPod(attributes)) return
    for (const range of await rangesOf(attributes, read)) setDefaults(objectAs<Pod>(attributes), range)
  },
  validate: async (attributes, read) => {
    if (!concerns(attributes)) return
    for (const range of await rangesOf(attributes, read)) {
      const items = range.spec?.limits ?? []
      const errors = isPod(attributes)
        ? items.flatMap((item) => podErrors(item, objectAs<Pod>(attributes)))
        : items.flatMap((item) => claimErrors(item, objectAs<PersistentVolumeClaim>(attributes)))
      if (errors.length > 0) throw refuse(attributes, joined(errors))
    }
  },
}

/** New pods, resizes, claims. Containers cannot change otherwise, and objects on their way out are left alone. */
function concerns(attributes: AdmissionAttributes): boolean {
  if (oldObjectAs(attributes)?.metadata?.deletionTimestamp !== undefined) return false
  if (attributes.operation === 'UPDATE' && isFor(attributes, 'pods', 'resize')) return true
  if (isFor(attributes, 'pods')) return attributes.operation === 'CREATE'
  return isFor(attributes, 'persistentvolumeclaims')
}

function isPod({ kind }: AdmissionAttributes): boolean {
  return kind.kind === 'Pod'
}

async function rangesOf({ namespace }: AdmissionAttributes, read: Reader): Promise<readonly LimitRangeObject[]> {
  return read.list(LimitRange, namespace)
}

function setDefaults(pod: Pod, range: LimitRangeObject): void {
  const requests = new Map<string, string>()
  const limits = new Map<string, string>()
  for (const item of range.spec?.limits ?? []) {
    if (item.type !== 'Container') continue
    for (const [name, value] of Object.entries(item.defaultRequest ?? {})) requests.set(name, value)
    for (const [name, value] of Object.entries(item.default ?? {})) limits.set(name, value)
  }
  const notes: string[] = []
  for (const container of pod.spec?.containers ?? []) notes.push(...fill(container, requests, limits, 'container'))
  for (const container of pod.spec?.initContainers ?? []) notes.push(...fill(container, requests, limits, 'init container'))
  if (notes.length === 0) return
  const metadata = (pod.metadata ??= {})
  setOwn((metadata.annotations ??= {}), 'kubernetes.io/limit-ranger', `LimitRanger plugin set: ${notes.join('; ')}`)
}

/** Gives a container what it lacks; returns the words of the annotation. */
function fill(container: Container, requests: Map<string, string>, limits: Map<string, string>, word: string): string[] {
  const set = (field: 'requests' | 'limits', defaults: Map<string, string>): string[] => {
    const missing = [...defaults].filter(([name]) => !Object.hasOwn(container.resources?.[field] ?? {}, name))
    for (const [name, value] of missing) setOwn(((container.resources ??= {})[field] ??= {}), name, value)
    return missing.map(([name]) => name).sort()
  }
  const setLimits = set('limits', limits)
  const setRequests = set('requests', requests)
  return [
    ...(setRequests.length > 0 ? [`${setRequests.join(', ')} request for ${word} ${container.name}`] : []),
    ...(setLimits.length > 0 ? [`${setLimits.join(', ')} limit for ${word} ${container.name}`] : []),
  ]
}

function podErrors(item: LimitRangeItem, pod: Pod): string[] {
  if (item.type === 'Pod') {
    return boundErrors(item, { requests: podRequests(pod, { withoutOverhead: true }), limits: podLimits(pod, { withoutOverhead: true }) })
  }
  if (item.type !== 'Container') return []
  const bounds = ({ resources }: Container): Bounds => ({ requests: amounts(resources?.requests), limits: amounts(resources?.limits) })
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].flatMap((container) => boundErrors(item, bounds(container)))
}

function claimErrors(item: LimitRangeItem, claim: PersistentVolumeClaim): string[] {
  if (item.type !== 'PersistentVolumeClaim') return []
  const given = { requests: amounts(claim.spec?.resources?.requests), limits: new Map() }
  const low = [...amounts(item.min)].map(([name, bound]) => minError(item.type, name, bound, given))
  const high = [...amounts(item.max)].map(([name, bound]) => maxRequestError(item.type, name, bound, given))
  return [...low, ...high].filter((error) => error !== undefined)
}
