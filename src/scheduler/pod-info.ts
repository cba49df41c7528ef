// What the scheduler knows of a pod: read from the object once per revision, then only looked up.
import type { Container, Pod, PodAffinityTerm } from '../../openapi/types/core/v1.ts'
import { podRequests } from '../api/core/pod/resources.ts'
import {
  everything,
  labelSelectorText,
  matchesLabels,
  nothing,
  type Selector,
  selectorFromObject,
} from '../apimachinery/selectors/label-selector.ts'
import { nonZeroRequests, type Resources, resourcesOf } from './resources.ts'

export interface HostPort {
  ip: string
  protocol: string
  port: number
}

/** One term of pod (anti-)affinity, ready to be asked. */
export interface AffinityTerm {
  topologyKey: string
  selector: Selector
  namespaces: ReadonlySet<string>
  namespaceSelector: Selector
  /** 1 for required terms. */
  weight: number
  /** The same for terms that ask the same; absent when the answer also depends on labels of namespaces. */
  signature: string | undefined
}

export interface PodInfo {
  pod: Pod
  /** namespace/name. */
  key: string
  uid: string
  namespace: string
  labels: Readonly<Record<string, string>>
  /** The same for pods of one namespace with the same labels. */
  signature: string
  priority: number
  /** Requests with the status taken into account while a resize is under way. */
  requests: Resources
  /** The same with defaults for containers without requests; only for scores. */
  nonZero: Resources
  hostPorts: readonly HostPort[]
  /** Keys of the claims its volumes use: namespace/name. */
  claims: readonly string[]
  requiredAffinity: readonly AffinityTerm[]
  requiredAntiAffinity: readonly AffinityTerm[]
  preferredAffinity: readonly AffinityTerm[]
  preferredAntiAffinity: readonly AffinityTerm[]
}

const known = new WeakMap<Pod, PodInfo>()

/** The info of one revision of a pod; the same object gives the same info. */
export function podInfo(pod: Pod): PodInfo {
  let info = known.get(pod)
  if (info === undefined) known.set(pod, (info = readPod(pod)))
  return info
}

function readPod(pod: Pod): PodInfo {
  const { namespace = '', name = '', uid = '', labels = {} } = pod.metadata ?? {}
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
  const requests = resourcesOf(podRequests(pod, { useStatus: true }))
  const required = (terms: readonly PodAffinityTerm[] = []) => terms.map((term) => affinityTerm(namespace, term, 1))
  const preferred = (terms: readonly { weight: number; podAffinityTerm: PodAffinityTerm }[] = []) =>
    terms.map(({ weight, podAffinityTerm }) => affinityTerm(namespace, podAffinityTerm, weight))
  return {
    pod,
    key: `${namespace}/${name}`,
    uid,
    namespace,
    labels,
    signature: JSON.stringify([namespace, labels]),
    priority: pod.spec?.priority ?? 0,
    requests,
    nonZero: nonZeroRequests(pod, requests),
    hostPorts: hostPortsOf(pod),
    claims: claimsOf(pod),
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  }
}

/** The selector, or `nothing` for one that cannot be read: such a term matches no pod. */
export function readSelector(object: Parameters<typeof selectorFromObject>[0]): Selector {
  try {
    return selectorFromObject(object)
  } catch {
    return nothing
  }
}

function affinityTerm(namespace: string, term: PodAffinityTerm, weight: number): AffinityTerm {
  const own = (term.namespaces ?? []).length === 0 && term.namespaceSelector === undefined
  const selector = readSelector(term.labelSelector)
  const namespaces = own ? [namespace] : (term.namespaces ?? [])
  const namespaceSelector = readSelector(term.namespaceSelector)
  const anywhere = !namespaceSelector.nothing
  const stable = namespaceSelector.requirements.length === 0
  return {
    topologyKey: term.topologyKey,
    selector,
    namespaces: new Set(namespaces),
    namespaceSelector,
    weight,
    signature: stable ? JSON.stringify([namespaces, anywhere, selector.nothing ?? false, labelSelectorText(selector)]) : undefined,
  }
}

/** Whether a term speaks of this pod. `namespaceLabels` gives the labels of a namespace. */
export function termMatches(
  term: AffinityTerm,
  pod: PodInfo,
  namespaceLabels: (name: string) => Readonly<Record<string, string>> | undefined,
): boolean {
  const selected = term.namespaces.has(pod.namespace) || inSelectedNamespace(term.namespaceSelector, pod.namespace, namespaceLabels)
  return selected && matchesLabels(term.selector, pod.labels)
}

function inSelectedNamespace(
  selector: Selector,
  namespace: string,
  namespaceLabels: (name: string) => Readonly<Record<string, string>> | undefined,
): boolean {
  if (selector.nothing) return false
  if (selector === everything || selector.requirements.length === 0) return true
  return matchesLabels(selector, namespaceLabels(namespace))
}

/** Sidecars hold their ports as long as containers do. */
function hostPortsOf(pod: Pod): HostPort[] {
  const sidecar = ({ restartPolicy }: Container) => restartPolicy === 'Always'
  const containers = [...(pod.spec?.initContainers ?? []).filter(sidecar), ...(pod.spec?.containers ?? [])]
  return containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
      .map(({ hostPort = 0, hostIP, protocol }) => ({ ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort })),
  )
}

function claimsOf(pod: Pod): string[] {
  const { namespace = '', name = '' } = pod.metadata ?? {}
  return (pod.spec?.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim !== undefined) return [`${namespace}/${volume.persistentVolumeClaim.claimName}`]
    return volume.ephemeral === undefined ? [] : [`${namespace}/${name}-${volume.name}`]
  })
}
