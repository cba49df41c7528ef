// Asks kubelets for their usage: at most so many at once, each answer kept for some seconds, one question per node under way.
import type { ServerContext } from '../context.ts'
import { ask, dialError } from '../subresources/backend.ts'
import { type KubeletClientOptions, kubeletBackend } from '../subresources/kubelet.ts'
import type { NodeUsage } from './summary.ts'

const freshMs = 5_000
const timeoutMs = 10_000
const maxAtOnce = 32
const maxSummaryBytes = 16 << 20

/** Usage by node; a node whose kubelet does not answer is not in the map. */
export type UsageReader = (nodes: readonly string[]) => Promise<ReadonlyMap<string, NodeUsage>>

/** Asks one kubelet; rejects when it does not answer. */
export type AskKubelet = (node: string, signal: AbortSignal) => Promise<NodeUsage>

interface Known {
  until: number
  usage: Promise<NodeUsage | undefined>
}

/** A reader over `askNode`. */
export function usageReader({ clock, log }: Pick<ServerContext, 'clock' | 'log'>, askNode: AskKubelet): UsageReader {
  const known = new Map<string, Known>()
  let running = 0
  const waiting: (() => void)[] = []

  const slot = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < maxAtOnce) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      // whoever waits takes over the place
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
  const limited = async (node: string): Promise<NodeUsage | undefined> => {
    const patience = new AbortController()
    const timer = clock.after(timeoutMs, () => patience.abort(new Error('context deadline exceeded')))
    try {
      return await askNode(node, patience.signal)
    } catch (err) {
      log.debug({ err, node }, 'the usage of a node could not be read')
      return undefined
    } finally {
      timer.cancel()
    }
  }
  const usageOfNode = (node: string): Promise<NodeUsage | undefined> => {
    const now = clock.now()
    const found = known.get(node)
    if (found !== undefined && found.until > now) return found.usage
    const entry: Known = { until: Number.POSITIVE_INFINITY, usage: slot(() => limited(node)) }
    known.set(node, entry)
    void entry.usage.then((usage) => {
      if (usage === undefined) known.delete(node)
      else entry.until = clock.now() + freshMs
    })
    return entry.usage
  }

  return async (nodes) => {
    for (const [node, { until }] of known) if (until <= clock.now()) known.delete(node)
    const answers = await Promise.all(nodes.map(async (node) => [node, await usageOfNode(node)] as const))
    return new Map(answers.filter((answer): answer is readonly [string, NodeUsage] => answer[1] !== undefined))
  }
}

/** Asks the kubelet that a Node names. */
export function askKubelet(server: ServerContext, kubelet: KubeletClientOptions): AskKubelet {
  return async (node, signal) => {
    const backend = kubeletBackend(server, node, '/stats/summary?only_cpu_and_memory=true', kubelet)
    const answer = await ask(backend, 'GET', { accept: 'application/json' }, undefined, signal)
    const pieces: Buffer[] = []
    let bytes = 0
    try {
      for await (const piece of answer) {
        pieces.push(piece as Buffer)
        if ((bytes += (piece as Buffer).length) > maxSummaryBytes) throw new Error('the summary is too large')
      }
    } catch (error) {
      answer.destroy()
      throw dialError(backend, error as Error)
    }
    if (answer.statusCode !== 200) throw new Error(`request failed, status: "${answer.statusCode} ${answer.statusMessage}"`)
    const { nodeUsage } = await import('./summary.ts')
    return nodeUsage(Buffer.concat(pieces).toString())
  }
}
