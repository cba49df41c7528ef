// metrics.k8s.io/v1beta1: what metrics-server serves, built in. Computed on request from what kubelets say; nothing is stored.
import type { Node as NodeObject, Pod as PodObject } from '../../../openapi/types/core/v1.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod/index.ts'
import { NodeMetrics } from '../../api/metrics/nodemetrics.ts'
import { PodMetrics } from '../../api/metrics/podmetrics.ts'
import { notFound } from '../../apimachinery/api-error.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from '../context.ts'
import { listOptions } from '../parameters.ts'
import { encodeView } from '../respond.ts'
import { type Selection, selection } from '../selection.ts'
import type { KubeletClientOptions } from '../subresources/kubelet.ts'
import { columnDefinitions, includeObjectOf, tableKind, tableRow } from '../table.ts'
import { nodeMetrics, podMetrics } from './objects.ts'
import { type AskKubelet, askKubelet, type UsageReader, usageReader } from './usage-reader.ts'

const group = 'metrics.k8s.io'
const readers = new WeakMap<ServerContext, UsageReader>()

/** Handlers of nodes and pods of metrics.k8s.io; `askNode` is for tests. */
export function metricsApi(kubelet: KubeletClientOptions, askNode?: AskKubelet): Subresource[] {
  const reader = (server: ServerContext): UsageReader => {
    let found = readers.get(server)
    if (found === undefined) readers.set(server, (found = usageReader(server, askNode ?? askKubelet(server, kubelet))))
    return found
  }
  const resource = (kind: Kind, one: Read, all: ReadAll): Subresource => ({
    name: '',
    kinds: [`${kind.resource}.${group}`],
    verbs: ['get', 'list'],
    handle: async (request, server) => {
      await server.read.refresh()
      if (request.info.verb === 'get') return { type: 'object', object: await one(request, server, reader(server)) }
      const { labelSelector, fieldSelector } = listOptions(request.query)
      const items = await all(request, server, reader(server), selection(request.resolved!, labelSelector, fieldSelector))
      return listAnswer(server, request, items)
    },
  })
  return [resource(NodeMetrics, oneNode, allNodes), resource(PodMetrics, onePod, allPods)]
}

type Read = (request: RequestContext, server: ServerContext, usage: UsageReader) => Promise<KubeObject>
type ReadAll = (request: RequestContext, server: ServerContext, usage: UsageReader, chosen: Selection) => Promise<KubeObject[]>

const oneNode: Read = async ({ info }, server, usage) => {
  const name = info.parts[1] ?? ''
  const node = server.read.get(Node, undefined, name)
  if (node === undefined) throw notFound(Node, name)
  const metrics = nodeMetrics(node, (await usage([name])).get(name), server.clock.now())
  if (metrics === undefined) throw notFound({ group, resource: 'nodemetrics' }, name)
  return metrics
}

const allNodes: ReadAll = async (_request, server, usage, { matches }) => {
  const nodes = server.read.list(Node).filter((node) => matches(node as KubeObject))
  const found = await usage(nodes.map(nameOf))
  return present(nodes.map((node) => nodeMetrics(node, found.get(nameOf(node)), server.clock.now())))
}

const onePod: Read = async ({ info }, server, usage) => {
  const name = info.parts[1] ?? ''
  const pod = server.read.get(Pod, info.namespace, name)
  if (pod === undefined) throw notFound(Pod, name)
  const metrics = podMetrics(pod, await usageAt(pod, usage), server.clock.now())
  if (metrics === undefined) throw notFound({ group, resource: 'podmetrics' }, `${info.namespace}/${name}`)
  return metrics
}

const allPods: ReadAll = async ({ info }, server, usage, { matches }) => {
  const pods = server.read.list(Pod, info.namespace || undefined).filter((pod) => isRunning(pod) && matches(pod as KubeObject))
  const found = await usage([...new Set(pods.map(nodeOf))])
  return present(pods.map((pod) => podMetrics(pod, found.get(nodeOf(pod)), server.clock.now())))
}

async function usageAt(pod: PodObject, usage: UsageReader) {
  if (!isRunning(pod)) return undefined
  return (await usage([nodeOf(pod)])).get(nodeOf(pod))
}

const nameOf = ({ metadata }: NodeObject): string => metadata?.name ?? ''
const nodeOf = ({ spec }: PodObject): string => spec?.nodeName ?? ''
const isRunning = (pod: PodObject): boolean => pod.status?.phase === 'Running' && nodeOf(pod) !== ''

function present<T extends KubeObject>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined)
}

function listAnswer(server: ServerContext, { resolved, view, query }: RequestContext, items: readonly KubeObject[]): Answer {
  const kind = tableKind(resolved!)
  const version = view.asVersion ?? 'v1'
  const bare = ({ kind: _kind, apiVersion: _apiVersion, ...item }: KubeObject) => item
  const table = () => {
    const include = includeObjectOf(query)
    const rows = items.map((item) => tableRow(kind, item, item, include, version, server.clock.now()))
    return { kind: 'Table', apiVersion: `meta.k8s.io/${version}`, metadata: {}, columnDefinitions: columnDefinitions(kind), rows }
  }
  const list = view.as === 'Table' ? table() : { kind: kind.listKind, apiVersion: `${group}/v1beta1`, metadata: {}, items: items.map(bare) }
  return { type: 'raw', contentType: view.contentType, body: encodeView(view, list) }
}
