// The five conditions the kubelet keeps on a pod, with upstream's reasons and messages. Pure.
import type { ContainerStatus, Pod, PodCondition } from '../../openapi/types/core/v1.ts'
import { isRestartableInitContainer } from '../api/core/pod/queries.ts'
import { anyMainStarted } from './pod-phase.ts'

export interface ConditionFacts {
  phase: string
  /** Init and main containers together. */
  statuses: readonly ContainerStatus[]
  sandboxReady: boolean
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>

/** The condition types only the kubelet writes. */
export const kubeletConditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'] as const

/** All conditions: those of others as they are, then the kubelet's, times of transition kept where the status is. */
export function podConditions(pod: Pod, before: readonly PodCondition[], facts: ConditionFacts, time: string): PodCondition[] {
  const others = before.filter(({ type }) => !(kubeletConditions as readonly string[]).includes(type))
  const containersReady = containersReadyVerdict(pod, facts)
  const verdicts: Record<(typeof kubeletConditions)[number], Verdict> = {
    PodReadyToStartContainers: { status: facts.sandboxReady ? 'True' : 'False' },
    Initialized: initializedVerdict(pod, facts),
    Ready: readyVerdict(pod, others, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  }
  const generation = pod.metadata?.generation
  const own = kubeletConditions.map((type): PodCondition => {
    const old = before.find((condition) => condition.type === type)
    return {
      type,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...verdicts[type],
      lastTransitionTime: old?.status === verdicts[type].status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : time,
    }
  })
  return [...others, ...own]
}

function containersReadyVerdict({ spec }: Pod, { phase, statuses }: ConditionFacts): Verdict {
  const watched = [...(spec?.initContainers ?? []).filter(isRestartableInitContainer), ...(spec?.containers ?? [])]
  const status = (name: string) => statuses.find((each) => each.name === name)
  const unknown = watched.filter(({ name }) => status(name) === undefined).map(({ name }) => name)
  const unready = watched.filter(({ name }) => status(name)?.ready === false).map(({ name }) => name)
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const message = messages(['unknown', unknown], ['unready', unready])
  return message === '' ? { status: 'True' } : { status: 'False', reason: 'ContainersNotReady', message }
}

function initializedVerdict({ spec }: Pod, { phase, statuses }: ConditionFacts): Verdict {
  const unknown: string[] = []
  const incomplete: string[] = []
  for (const container of spec?.initContainers ?? []) {
    const status = statuses.find(({ name }) => name === container.name)
    if (status === undefined) unknown.push(container.name)
    else if (isRestartableInitContainer(container) ? !status.started : !status.ready) incomplete.push(container.name)
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' }
  if (spec !== undefined && anyMainStarted(spec, statuses)) return { status: 'True' }
  const message = messages(['unknown', unknown], ['incomplete', incomplete])
  return message === '' ? { status: 'True' } : { status: 'False', reason: 'ContainersNotInitialized', message }
}

function readyVerdict({ spec }: Pod, others: readonly PodCondition[], containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady
  const unready = (spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = others.find(({ type }) => type === conditionType)
    if (condition === undefined) return [`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`]
    if (condition.status === 'True') return []
    return [`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${condition.status}`]
  })
  return unready.length === 0 ? { status: 'True' } : { status: 'False', reason: 'ReadinessGatesNotReady', message: unready.join(', ') }
}

function messages(...lists: [string, string[]][]): string {
  return lists.flatMap(([word, names]) => (names.length === 0 ? [] : [`containers with ${word} status: [${names.join(' ')}]`])).join(', ')
}
