// The three metrics APIs, for the autoscaler (controllers/horizontal-pod-autoscaler/ports.ts: MetricsPort). Paths and words are those of
// upstream's clients in k8s.io/metrics.
import type { CrossVersionObjectReference } from '../../openapi/types/autoscaling/v2.ts'
import type { PodMetrics } from '../../openapi/types/metrics/v1beta1.ts'
import { ApiError } from '../apimachinery/api-error.ts'
import { splitApiVersion } from '../apimachinery/meta.ts'
import { type Discovery, kindsNamed, type PortOptions } from './ports.ts'

const customGroup = 'custom.metrics.k8s.io'
const externalGroup = 'external.metrics.k8s.io'
/** Versions of custom.metrics.k8s.io that are understood. */
const customVersions = [`${customGroup}/v1beta2`, `${customGroup}/v1beta1`]
/** How long the choice of a version is good. */
const choiceMs = 15_000
/** An adapter that says nothing for so long has failed. */
const answerMs = 30_000

interface CustomValue {
  describedObject?: { name?: string }
  timestamp?: string
  windowSeconds?: number
  /** What v1beta1 calls windowSeconds. */
  window?: number
  value?: string
}

interface Group {
  name: string
  preferredVersion?: { groupVersion: string }
  versions: { groupVersion: string }[]
}

export function metricsPort(options: PortOptions, discovery: Discovery) {
  const version = customVersion(options)
  const items = async <T>(path: string, parameters: Record<string, string>, resource: string): Promise<T[]> => {
    const { items } = (await answer(options, path + queryText(parameters), resource)) as { items?: T[] }
    return items ?? []
  }
  const custom = async (place: string, parameters: Record<string, string>, resource: string) => {
    const values = await items<CustomValue>(`/apis/${await version()}/${place}`, parameters, resource)
    return values.map(({ window, ...value }) => (window === undefined ? value : { windowSeconds: window, ...value }))
  }
  return {
    resource: (namespace: string, labelSelector: string) =>
      items<PodMetrics>(`/apis/metrics.k8s.io/v1beta1/namespaces/${word(namespace)}/pods`, { labelSelector }, 'pods.metrics.k8s.io'),
    pods: (metric: string, namespace: string, labelSelector: string, metricLabelSelector: string) =>
      custom(`namespaces/${word(namespace)}/pods/*/${word(metric)}`, { labelSelector, metricLabelSelector }, `pods.${customGroup} *`),
    async object(metric: string, namespace: string, reference: CrossVersionObjectReference, metricLabelSelector: string) {
      const { place, resource } = await objectPlace(discovery, namespace, reference)
      const values = await custom(`${place}/${word(metric)}`, { metricLabelSelector }, `${resource}.${customGroup} ${reference.name}`)
      if (values.length !== 1) {
        throw new Error(`the custom metrics API server returned ${values.length} results when we asked for exactly one`)
      }
      return values[0]!
    },
    external: (metric: string, namespace: string, labelSelector: string) =>
      items<{ value?: string }>(
        `/apis/${externalGroup}/v1beta1/namespaces/${word(namespace)}/${word(metric)}`,
        { labelSelector },
        `${metric}.${externalGroup}`,
      ),
  }
}

/** Where values of an object are. A namespace has its own place, and it is the autoscaler's: no other may be asked for. */
async function objectPlace(discovery: Discovery, namespace: string, { apiVersion = '', kind, name }: CrossVersionObjectReference) {
  const { group } = splitApiVersion(apiVersion)
  if (kind === 'Namespace' && group === '') return { place: `namespaces/${word(namespace)}/metrics`, resource: 'metrics' }
  const groupKind = group === '' ? kind : `${kind}.${group}`
  const [found] = await kindsNamed(discovery, group, kind).catch((error: Error) => {
    throw new Error(`unable to map kind ${groupKind} to resource: ${error.message}`)
  })
  const resource = group === '' ? found!.resource : `${found!.resource}.${group}`
  return { place: `namespaces/${word(namespace)}/${resource}/${word(name)}`, resource }
}

/** The version to ask custom.metrics.k8s.io in: the preferred one if it is understood. */
function customVersion(options: PortOptions): () => Promise<string> {
  let chosen: string | undefined
  let until = 0
  return async () => {
    if (chosen !== undefined && options.clock.now() < until) return chosen
    const { groups } = (await answer(options, '/apis', '')) as { groups: Group[] }
    const group = groups.find(({ name }) => name === customGroup)
    if (group === undefined) throw new Error(`no custom metrics API (${customGroup}) registered`)
    const offered = [group.preferredVersion, ...group.versions].map((one) => one?.groupVersion ?? '')
    const version = offered.find((one) => customVersions.includes(one))
    if (version === undefined) throw new Error('no known available metric versions found')
    chosen = version
    until = options.clock.now() + choiceMs
    return version
  }
}

/** GETs a path. `resource` is what client-go calls it when the server knows no such path. */
async function answer({ client, clock, signal }: PortOptions, path: string, resource: string): Promise<unknown> {
  const late = new AbortController()
  const timer = clock.after(answerMs, () => late.abort(new Error(`no answer within ${answerMs / 1000} s`)))
  try {
    return await client.raw('GET', path, { signal: AbortSignal.any([signal, late.signal]) })
  } catch (error) {
    if (late.signal.aborted) throw late.signal.reason
    const unknownPath = error instanceof ApiError && error.code === 404 && error.reason === ''
    throw unknownPath ? new Error(`the server could not find the requested resource (get ${resource})`) : error
  } finally {
    timer.cancel()
  }
}

function queryText(parameters: Record<string, string>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== '')
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

function word(text: string): string {
  return encodeURIComponent(text)
}
