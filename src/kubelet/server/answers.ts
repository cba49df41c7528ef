// What the paths of a kubelet's server answer. Texts: pkg/kubelet/server/server.go.
import type { Pod } from '../../../openapi/types/core/v1.ts'
import { stringifyJson } from '../../apimachinery/json.ts'
import type { LogLine } from '../runtime/runtime.ts'
import { logText } from './logs.ts'
import { kubeletMetrics, resourceMetrics } from './prometheus.ts'
import type { ServedNode } from './served-node.ts'
import { statsSummary } from './summary.ts'

export interface KubeletAnswer {
  code: number
  contentType: string
  body: string
  /** More of the body, until undefined: a log that is followed. */
  next?: () => string | undefined
}

const json = 'application/json'
const plain = 'text/plain; charset=utf-8'
const metricsText = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'
const streams = /^\/(exec|attach|portForward|run|cri)(?:\/|$)/

/** The answer to an authorized request. */
export function kubeletAnswer(node: ServedNode, method: string, url: URL, now: number): KubeletAnswer {
  const { pathname: path } = url
  const stream = streams.exec(path)?.[1]
  if (stream !== undefined) return text(501, `${stream} is not implemented by the ${node.runtime.info.name} runtime`)
  const found = answerOf(node, path, url.searchParams, now)
  if (found === undefined) return text(404, '404 page not found\n')
  return method === 'GET' || method === 'HEAD' || path.startsWith('/stats/summary') ? found : text(405, '405: Method Not Allowed')
}

function answerOf(node: ServedNode, path: string, query: URLSearchParams, now: number): KubeletAnswer | undefined {
  switch (path) {
    case '/healthz':
    case '/healthz/ping':
    case '/healthz/log':
    case '/healthz/syncloop':
      return text(200, 'ok')
    case '/pods':
    case '/pods/':
      return podList(node.pods())
    case '/runningpods':
    case '/runningpods/':
      return podList(runningPods(node))
    case '/stats/summary':
    case '/stats/summary/':
      return { code: 200, contentType: json, body: `${stringifyJson(statsSummary(node, now), 2)}` }
    case '/metrics':
      return { code: 200, contentType: metricsText, body: kubeletMetrics(node.name, statsSummary(node, now), node.startedAt) }
    case '/metrics/resource':
      return { code: 200, contentType: metricsText, body: resourceMetrics(statsSummary(node, now)) }
    case '/metrics/cadvisor':
    case '/metrics/probes':
      return { code: 200, contentType: metricsText, body: '' }
    case '/logs':
    case '/logs/':
      return { code: 200, contentType: 'text/html; charset=utf-8', body: '<!doctype html>\n<pre>\n</pre>\n' }
    default:
      return path.startsWith('/containerLogs/') ? containerLog(node, path, query, now) : undefined
  }
}

function podList(pods: readonly Pod[]): KubeletAnswer {
  return { code: 200, contentType: json, body: stringifyJson({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: pods }) }
}

/** As upstream: only what the runtime knows, so names and images. */
function runningPods({ pods, runtime }: ServedNode): Pod[] {
  return pods().flatMap((pod): Pod[] => {
    const { name, namespace, uid } = pod.metadata ?? {}
    const running = runtime.podState(uid ?? '').containers.filter(({ phase }) => phase === 'running')
    if (running.length === 0) return []
    const containers = running.map((container) => ({ name: container.name, image: container.imageRef, resources: {} }))
    return [{ metadata: { name: name!, namespace: namespace!, uid: uid! }, spec: { containers }, status: {} }]
  })
}

function containerLog({ pods, runtime }: ServedNode, path: string, query: URLSearchParams, now: number): KubeletAnswer {
  const [namespace = '', name = '', container = ''] = path.split('/').slice(2).map(decoded)
  if (name === '') return text(400, '{"message": "Missing podID."}')
  if (container === '') return text(400, '{"message": "Missing container name."}')
  const find = () => pods().find(({ metadata }) => metadata?.name === name && metadata.namespace === namespace)
  const pod = find()
  if (pod === undefined) return text(404, `pod ${JSON.stringify(name)} does not exist`)
  const { spec } = pod
  const specs = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])]
  if (!specs.some((each) => each.name === container))
    return text(404, `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}`)
  const states = () => runtime.podState(pod.metadata?.uid ?? '').containers.filter((state) => state.name === container)
  const previous = query.get('previous') === 'true'
  const state = states()[previous ? 1 : 0]
  if (state === undefined) {
    const which = `container ${JSON.stringify(container)} in pod ${JSON.stringify(name)}`
    return text(400, previous ? `previous terminated ${which} not found` : `${which} ${waitingText(pod, container)}`)
  }
  const lines = (): readonly LogLine[] => runtime.logs(find() ?? pod, state.id)
  let seen = lines().length
  const follow = query.get('follow') === 'true' && state.phase !== 'exited'
  const stamps = new URLSearchParams({ timestamps: query.get('timestamps') ?? 'false' })
  const next = (): string | undefined => {
    const all = lines()
    const more = logText(all.slice(seen), stamps, now)
    seen = all.length
    const alive = states().some(({ id, phase }) => id === state.id && phase !== 'exited')
    return alive || more !== '' ? more : undefined
  }
  return { code: 200, contentType: 'text/plain', body: logText(lines(), query, now), ...(follow ? { next } : {}) }
}

const pullTexts: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

/** Why a container has no log yet. */
function waitingText({ status }: Pod, container: string): string {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ]
  const reason = all.find(({ name }) => name === container)?.state?.waiting?.reason
  if (reason === undefined) return 'is not available'
  return `is waiting to start: ${pullTexts[reason] ?? reason}`
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word)
  } catch {
    return word
  }
}

function text(code: number, body: string): KubeletAnswer {
  return { code, contentType: plain, body }
}
