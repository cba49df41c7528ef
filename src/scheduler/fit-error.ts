// Why a pod fits nowhere, as the text users see in FailedScheduling events and in the PodScheduled condition (upstream's FitError).
import type { Rejection } from './framework.ts'

export interface Diagnosis {
  /** Number of nodes of the cluster. */
  total: number
  /** Reasons by node. */
  rejections: ReadonlyMap<string, Rejection>
  /** What holds for nodes that were not looked at one by one. */
  absent?: Rejection | undefined
  /** The whole cluster was ruled out before nodes were looked at. */
  prepareMessage?: string | undefined
  /** Names of the plugins that said no. */
  plugins: ReadonlySet<string>
}

/** The message of a cluster without nodes. */
export const noNodesMessage = 'no nodes available to schedule pods'

/** `0/5 nodes are available: 3 Insufficient cpu, 2 node(s) were unschedulable.` and what preemption said about it. */
export function fitErrorMessage({ total, rejections, absent, prepareMessage }: Diagnosis, postFilterMessage = ''): string {
  if (total === 0) return noNodesMessage
  let message = `0/${total} nodes are available:`
  if (prepareMessage !== undefined) message += ` ${prepareMessage}.`
  else {
    const counts = new Map<string, number>()
    const add = (reason: string, times: number) => counts.set(reason, (counts.get(reason) ?? 0) + times)
    for (const { reasons } of rejections.values()) for (const reason of reasons) add(reason, 1)
    if (rejections.size < total) for (const reason of absent?.reasons ?? []) add(reason, total - rejections.size)
    const texts = [...counts].map(([reason, times]) => `${times} ${reason}`).sort(byBytes)
    if (texts.length > 0) message += ` ${texts.join(', ')}.`
  }
  return postFilterMessage === '' ? message : `${message} ${postFilterMessage}`
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Events hold at most 1024 characters. */
export function truncatedNote(message: string): string {
  return message.length <= 1024 ? message : `${message.slice(0, 1020)} ...`
}
