// What an autoscaler makes of a target's scale and metrics: a number of replicas, or why not; with conditions, events and new notes.
import type { HorizontalPodAutoscaler, MetricStatus } from '../../openapi/types/autoscaling/v2.ts'
import { asFloat } from '../../src/apimachinery/quantity.ts'
import type { PlannedEvent } from '../../src/controller/plan.ts'
import { limited, limitedWithBehavior } from './limits.ts'
import { type MetricFailure, type Proposal, proposal, type Situation } from './measuring.ts'
import type { Notes } from './notes.ts'
import type { Readiness } from './pods.ts'
import type { Tolerances } from './replicas.ts'
import type { Selected, Unselected } from './selection.ts'
import { stabilized, stabilizedWithBehavior } from './stabilization.ts'
import { ableToScale, type Finding, scalingActive, scalingLimited } from './status.ts'

/** Flags of the controller-manager; durations in ms. */
export interface Settings extends Readiness {
  syncPeriodMs: number
  downscaleStabilizationMs: number
  tolerance: number
}

export interface Decision {
  /** Absent: the target stays as it is. */
  rescale?: { replicas: number; reason: string }
  /** Nothing could be decided: the desired number stays what it was. */
  failed?: boolean
  metrics?: MetricStatus[]
  findings: Finding[]
  events: PlannedEvent[]
  notes: Notes
}

/** What is known before metrics are read. */
export interface View extends Omit<Situation, 'selector' | 'pods' | 'tolerances' | 'readiness'> {
  selected: () => Selected | Unselected
  notes: Notes
}

export async function decision(hpa: HorizontalPodAutoscaler, view: View, settings: Settings): Promise<Decision> {
  const current = view.specReplicas
  const { minReplicas: min = 1, maxReplicas: max } = hpa.spec!
  const plain = { findings: [], events: [], notes: view.notes }
  if (current === 0) {
    const message = 'scaling is disabled since the replica count of the target is zero'
    return { ...plain, findings: [scalingActive('False', 'ScalingDisabled', message)] }
  }
  if (current > max) return { ...plain, rescale: { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas' } }
  if (current < min) return { ...plain, rescale: { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas' } }
  const asked = await askedByMetrics(hpa, view, settings)
  return asked.failed ? { ...asked, notes: view.notes } : normalized(hpa, asked, view, settings)
}

type Asked = Omit<Decision, 'notes' | 'rescale'> & { replicas: number; name: string }

/** The greatest of what the metrics ask for. If one fails, the others may scale up but not down. */
async function askedByMetrics(hpa: HorizontalPodAutoscaler, view: View, settings: Settings): Promise<Asked> {
  const selected = view.selected()
  if ('error' in selected) {
    const events = [warning(selected.eventReason, selected.error), warning('FailedComputeMetricsReplicas', selected.error)]
    return { failed: true, replicas: 0, name: '', findings: [scalingActive('False', selected.reason, selected.message)], events }
  }
  const situation = { ...view, ...selected, tolerances: tolerancesOf(hpa, settings), readiness: settings }
  const specs = hpa.spec?.metrics ?? []
  const answers: (Proposal | MetricFailure)[] = []
  for (const spec of specs) answers.push(await proposal(spec, situation))
  const failures = answers.filter((answer) => 'error' in answer)
  const metrics = answers.map((answer) => ('error' in answer ? { type: '' } : answer.status))
  const greatest = answers.filter((answer) => 'replicas' in answer).reduce(greater, { replicas: 0, name: '' })
  const events = failures.map(({ reason, message }) => warning(reason, message))
  const [first] = failures
  if (first !== undefined && (failures.length === specs.length || greatest.replicas < view.specReplicas)) {
    const sum = `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${first.error}`
    const finding = scalingActive('False', first.reason, `the HPA was unable to compute the replica count: ${first.message}`)
    return { failed: true, ...greatest, metrics, findings: [finding], events: [...events, warning('FailedComputeMetricsReplicas', sum)] }
  }
  const message = `the HPA was able to successfully calculate a replica count from ${greatest.name}`
  return { ...greatest, metrics, findings: [scalingActive('True', 'ValidMetricFound', message)], events }
}

interface Named {
  replicas: number
  name: string
}

function greater(a: Named, { replicas, name }: Named): Named {
  return a.replicas === 0 || replicas > a.replicas ? { replicas, name } : a
}

/** What is asked for, after stabilization, rates and range. */
function normalized(hpa: HorizontalPodAutoscaler, { replicas: desired, name, ...asked }: Asked, view: View, settings: Settings): Decision {
  const { specReplicas: current, notes, now } = view
  const { minReplicas: min = 1, maxReplicas: max, behavior } = hpa.spec!
  const { recommendations = [] } = notes
  const range = { min, max }
  const calm =
    behavior === undefined
      ? stabilized(desired, recommendations, settings.downscaleStabilizationMs, now)
      : stabilizedWithBehavior(current, desired, recommendations, windowsOf(hpa, settings), now)
  const rules = { scaleUp: behavior?.scaleUp, scaleDown: behavior?.scaleDown }
  const { replicas, reason, message } =
    behavior === undefined ? limited(current, calm.replicas, range) : limitedWithBehavior(current, calm.replicas, range, rules, notes, now)
  const able =
    calm.replicas === desired
      ? ableToScale('True', 'ReadyForNewScale', 'recommended size matches current size')
      : ableToScale('True', calm.reason, calm.message)
  const why = desired > current ? `${name} above target` : desired < current ? 'All metrics below target' : ''
  return {
    ...asked,
    findings: [...asked.findings, able, scalingLimited(replicas === calm.replicas ? 'False' : 'True', reason, message)],
    notes: { ...notes, recommendations: calm.recommendations },
    ...(replicas === current ? {} : { rescale: { replicas, reason: why } }),
  }
}

function windowsOf({ spec }: HorizontalPodAutoscaler, { downscaleStabilizationMs }: Settings) {
  const { scaleUp, scaleDown } = spec?.behavior ?? {}
  const down = scaleDown?.stabilizationWindowSeconds
  return {
    upMs: (scaleUp?.stabilizationWindowSeconds ?? 0) * 1000,
    downMs: down === undefined ? downscaleStabilizationMs : down * 1000,
  }
}

function tolerancesOf({ spec }: HorizontalPodAutoscaler, { tolerance }: Settings): Tolerances {
  const { scaleUp, scaleDown } = spec?.behavior ?? {}
  const own = (quantity: string | undefined) => (quantity === undefined ? tolerance : asFloat(quantity))
  return { scaleUp: own(scaleUp?.tolerance), scaleDown: own(scaleDown?.tolerance) }
}

function warning(reason: string, message: string): PlannedEvent {
  return { type: 'Warning', reason, message }
}
