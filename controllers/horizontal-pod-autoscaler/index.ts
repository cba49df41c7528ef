// HorizontalPodAutoscalers: every sync period the target's metrics are read and its scale is set to what they ask for.
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
import type { HorizontalPodAutoscaler as AutoscalerObject } from '../../openapi/types/autoscaling/v2.ts'
import { HorizontalPodAutoscaler } from '../../src/api/autoscaling/horizontalpodautoscaler.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { isConflict } from '../../src/apimachinery/api-error.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { defineController, type Lister } from '../../src/controller/define.ts'
import { event, nothing, type Plan, plan, recordedStep, requeueAfter, status, update } from '../../src/controller/plan.ts'
import { type Decision, decision, type Settings } from './decision.ts'
import { type Notes, settledNotes } from './notes.ts'
import type { FoundScale, MetricsPort, ScalesPort } from './ports.ts'
import { selectedPods } from './selection.ts'
import { ableToScale, statusOf, statusWithFindings } from './status.ts'

const options: Settings = {
  syncPeriodMs: 15_000,
  downscaleStabilizationMs: 300_000,
  tolerance: 0.1,
  cpuInitializationPeriodMs: 300_000,
  initialReadinessDelayMs: 30_000,
}

export const horizontalPodAutoscaler = defineController({
  name: 'horizontal-pod-autoscaler',
  eventSource: 'horizontal-pod-autoscaler',
  for: HorizontalPodAutoscaler,
  reads: { autoscalers: HorizontalPodAutoscaler, pods: Pod },
  // changes wait for the next look: looks are evenly spaced, so recommendations are
  wakes: () => false,
  needs: ['metrics', 'scales'],
  options: { ...options },
  retryAfterMs: (settings) => (settings as unknown as Settings).syncPeriodMs,
  async reconcile(hpa, { autoscalers, pods }, { now, key, memory, options: given, ports }) {
    const settings = given as unknown as Settings
    const again = requeueAfter(settings.syncPeriodMs)
    const known = memory.get(key) as Notes | undefined
    if (known === undefined) {
      // a new one has its first look after a period: its target has just begun as well
      memory.set(key, {})
      return plan(again)
    }
    const found = await targetScale(hpa, ports['scales'] as ScalesPort)
    if ('error' in found) {
      const message = `the HPA controller was unable to get the target's current scale: ${found.error}`
      const unable = ableToScale('False', 'FailedGetScale', message)
      return plan(event('Warning', 'FailedGetScale', found.error), statusWrite(hpa, statusWithFindings(hpa, [unable], now)), again)
    }
    const { scale } = found
    const namespace = hpa.metadata?.namespace ?? ''
    const specReplicas = scale.spec?.replicas ?? 0
    const settled = settledNotes(known, specReplicas, hpa.spec?.behavior)
    const selector = scale.status?.selector ?? ''
    const notes = { ...settled, selector, recommendations: settled.recommendations ?? [{ replicas: specReplicas, at: now }] }
    memory.set(key, notes)
    const selected = () => selectedPods(namespace, selector, pods, selectorsOf(autoscalers, namespace, memory))
    const metrics = ports['metrics'] as MetricsPort
    const view = { namespace, specReplicas, statusReplicas: scale.status?.replicas ?? 0, metrics, selected, notes, now }
    const decided = await decision(hpa, view, settings)
    const { rescale } = decided
    memory.set(
      key,
      rescale === undefined ? decided.notes : { ...decided.notes, rescale: { from: specReplicas, to: rescale.replicas, at: now } },
    )
    const events = { steps: [], events: decided.events }
    return plan(events, rescale === undefined ? kept(hpa, specReplicas, decided, now) : rescaled(hpa, found, decided, now), again)
  },
  absent(key, _reads, { memory }) {
    memory.delete(key)
    return nothing
  },
})

async function targetScale({ metadata, spec }: AutoscalerObject, scales: ScalesPort): Promise<FoundScale | { error: string }> {
  const { apiVersion = '', kind, name } = spec!.scaleTargetRef
  if (apiVersion.split('/').length > 2) return { error: `unexpected GroupVersion string: ${apiVersion}` }
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  try {
    return await scales.get(group, kind, metadata?.namespace ?? '', name)
  } catch (error) {
    return { error: (error as Error).message }
  }
}

/** Selectors of the namespace's autoscalers, as far as they were seen. */
function selectorsOf(autoscalers: Lister<AutoscalerObject>, namespace: string, memory: ReadonlyMap<string, unknown>): Map<string, string> {
  const selectors = new Map<string, string>()
  for (const { metadata } of autoscalers.list(namespace)) {
    const { selector = '' } = (memory.get(`${namespace}/${metadata?.name}`) as Notes | undefined) ?? {}
    if (selector !== '') selectors.set(metadata?.name ?? '', selector)
  }
  return selectors
}

const gotScale = ableToScale('True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale")

function kept(hpa: AutoscalerObject, current: number, { failed, metrics, findings }: Decision, now: number): Plan {
  const desired = failed ? {} : { desiredReplicas: current }
  return statusWrite(hpa, statusOf(hpa, { currentReplicas: current, ...desired, metrics, findings: [gotScale, ...findings] }, now))
}

/** The scale first; the status then tells of it, or of the failure. A conflict is no failure: the next look follows at once. */
function rescaled(hpa: AutoscalerObject, { scale, kind }: FoundScale, { rescale, metrics, findings }: Decision, now: number): Plan {
  const { replicas, reason } = rescale!
  const seen = { currentReplicas: scale.spec?.replicas ?? 0, metrics }
  const write = update(kind, { ...scale, spec: { ...scale.spec, replicas } } as KubeObject, 'scale')
  const size = `New size: ${replicas}; reason: ${reason}`
  const outcome = {
    success: () => event('Normal', 'SuccessfulRescale', size).event,
    failure: (error: Error) =>
      isConflict(error) ? undefined : event('Warning', 'FailedRescale', `${size}; error: ${error.message}`).event,
  }
  const able = ableToScale('True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${replicas}`)
  const after = { ...seen, desiredReplicas: replicas, findings: [gotScale, ...findings, able], rescaled: true }
  const onFailure: NonNullable<Plan['onFailure']> = (error, failed) => {
    if (failed !== write || isConflict(error)) return undefined
    const message = `the HPA controller was unable to update the target scale: ${error.message}`
    const unable = ableToScale('False', 'FailedUpdateScale', message)
    return status(HorizontalPodAutoscaler, hpa, statusOf(hpa, { ...seen, findings: [gotScale, ...findings, unable] }, now))
  }
  return plan(recordedStep([{ write, outcome }]), statusWrite(hpa, statusOf(hpa, after, now)), { onFailure })
}

function statusWrite(hpa: AutoscalerObject, value: unknown): Plan {
  const failure = (error: Error) => event('Warning', 'FailedUpdateStatus', error.message).event
  return recordedStep([{ write: status(HorizontalPodAutoscaler, hpa, value), outcome: { failure } }])
}
