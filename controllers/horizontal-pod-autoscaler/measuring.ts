// One metric of an autoscaler: reads its values through the port and proposes a number of replicas. Words are upstream's.

import type { MetricIdentifier, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../openapi/types/autoscaling/v2.ts'
import type { Pod } from '../../openapi/types/core/v1.ts'
import type { LabelSelector } from '../../openapi/types/meta/v1.ts'
import { milliValue, quantityOf, quantityText } from '../../src/apimachinery/quantity.ts'
import { labelSelectorText, selectorFromObject } from '../../src/apimachinery/selectors/label-selector.ts'
import { podGroups, type Readiness, readyPodCount, requestsOf } from './pods.ts'
import type { MetricsPort } from './ports.ts'
import {
  averageMeasure,
  averageOf,
  dividedReplicas,
  perPodReplicas,
  sharedReplicas,
  type Tolerances,
  utilizationMeasure,
  utilizationOf,
} from './replicas.ts'
import { containerResourceValues, customValues, externalTotal, type PodValues, podResourceValues } from './values.ts'

/** What a metric is measured against. */
export interface Target {
  namespace: string
  /** The pods' selector as text, and the pods it selects. */
  selector: string
  pods: readonly Pod[]
  specReplicas: number
  statusReplicas: number
}

export interface Situation extends Target {
  metrics: MetricsPort
  tolerances: Tolerances
  readiness: Readiness
  now: number
}

/** What a metric asks for. `name` is how events call the metric. */
export interface Proposal {
  replicas: number
  name: string
  status: MetricStatus
}

/** Why a metric asks for nothing: `message` for event and condition, `error` for the sum of all metrics. */
export interface MetricFailure {
  reason: string
  message: string
  error: string
}

/** A metric's proposal; never rejects. */
export async function proposal(spec: MetricSpec, situation: Situation): Promise<Proposal | MetricFailure> {
  switch (spec.type) {
    case 'Resource': {
      const { name, target } = spec.resource!
      return attempt('FailedGetResourceMetric', `failed to get ${name} resource metric value`, async () => {
        const { current, ...rest } = await resourceProposal(name, target, '', situation)
        return { ...rest, status: { type: 'Resource', resource: { name, current } } }
      })
    }
    case 'ContainerResource': {
      const { name, container, target } = spec.containerResource!
      return attempt('FailedGetContainerResourceMetric', `failed to get ${container} container metric value`, async () => {
        const { current, ...rest } = await resourceProposal(name, target, container, situation)
        return { ...rest, status: { type: 'ContainerResource', containerResource: { name, container, current } } }
      })
    }
    case 'Pods':
      return attempt('FailedGetPodsMetric', 'failed to get pods metric value', () => podsProposal(spec, situation))
    case 'Object': {
      const inner = spec.object!.target.type === 'AverageValue' ? [`failed to get ${spec.object!.metric.name} object metric`] : []
      return attempt('FailedGetObjectMetric', ['failed to get object metric value', ...inner], () => objectProposal(spec, situation))
    }
    case 'External': {
      const { metric, target } = spec.external!
      const inner = target.averageValue === undefined ? `external metric ${metric.name}` : `${metric.name} external metric`
      const words = [`failed to get ${metric.name} external metric value`, `failed to get ${inner}`]
      return attempt('FailedGetExternalMetric', words, () => externalProposal(spec, situation))
    }
    default: {
      const message = `unknown metric source type ${JSON.stringify(spec.type)}`
      return { reason: 'InvalidMetricSourceType', message, error: message }
    }
  }
}

async function attempt(reason: string, words: string | string[], propose: () => Promise<Proposal>): Promise<Proposal | MetricFailure> {
  try {
    return await propose()
  } catch (error) {
    const { message } = error as Error
    return { reason, message, error: [words, message].flat().join(': ') }
  }
}

type Measured = Omit<Proposal, 'status'> & { current: MetricValueStatus }

async function resourceProposal(resource: string, target: MetricTarget, container: string, situation: Situation): Promise<Measured> {
  const read = () => resourceValues(resource, container, situation)
  if (target.averageValue !== undefined) {
    const wanted = milliValue(target.averageValue)
    const { replicas, usage } = await within(`failed to get ${resource} usage`, async () =>
      averaged(await read(), wanted, resource, situation),
    )
    return { replicas, name: `${resource} resource`, current: { averageValue: amount(usage, resource) } }
  }
  if (target.averageUtilization === undefined) {
    throw new Error('invalid resource metric source: neither an average utilization target nor an average value (usage) target was set')
  }
  const wanted = target.averageUtilization
  const { replicas, percent, average } = await within(`failed to get ${resource} utilization`, async () =>
    utilized(await read(), wanted, resource, container, situation),
  )
  const kind = container === '' ? 'resource' : 'container resource'
  return {
    replicas,
    name: `${resource} ${kind} utilization (percentage of request)`,
    current: { averageUtilization: percent, averageValue: amount(average, resource) },
  }
}

async function resourceValues(resource: string, container: string, { metrics, namespace, selector }: Situation): Promise<PodValues> {
  return within(`unable to get metrics for resource ${resource}`, async () => {
    const items = await fetched('resource', () => metrics.resource(namespace, selector))
    if (container === '') return podResourceValues(items, resource)
    return within('failed to get container metrics', async () => containerResourceValues(items, resource, container))
  })
}

function utilized(values: PodValues, wanted: number, resource: string, container: string, situation: Situation) {
  const groups = counted(values, resource, situation)
  const requests = requestsOf(situation.pods, resource, container)
  const measure = utilizationMeasure(requests, wanted)
  return {
    ...utilizationOf(values, requests),
    replicas: perPodReplicas(situation.specReplicas, values, groups, situation.tolerances, measure),
  }
}

function averaged(values: PodValues, wanted: number, resource: string, situation: Situation): { replicas: number; usage: number } {
  const groups = counted(values, resource, situation)
  const replicas = perPodReplicas(situation.specReplicas, values, groups, situation.tolerances, averageMeasure(wanted))
  return { replicas, usage: averageOf(values) }
}

/** Groups the pods and drops the values of those that do not count. */
function counted(values: PodValues, resource: string, { pods, readiness, now }: Situation) {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
  const groups = podGroups(pods, values, resource, readiness, now)
  for (const pod of [...groups.ignored, ...groups.unready]) values.delete(pod)
  if (values.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  return groups
}

async function podsProposal({ pods }: MetricSpec, situation: Situation): Promise<Proposal> {
  const { metric, target } = pods!
  const { metrics, namespace, selector } = situation
  const metricSelector = selectorText(metric.selector)
  const items = await within(`unable to get metric ${metric.name}`, () =>
    fetched('custom', () => metrics.pods(metric.name, namespace, selector, metricSelector)),
  )
  const { replicas, usage } = averaged(customValues(items), milliValue(target.averageValue), '', situation)
  const status = { type: 'Pods', pods: { metric: identified(metric), current: { averageValue: amount(usage) } } }
  return { replicas, name: `pods metric ${metric.name}`, status }
}

async function objectProposal({ object }: MetricSpec, situation: Situation): Promise<Proposal> {
  const { metric, target, describedObject } = object!
  const { metrics, namespace, specReplicas, statusReplicas, tolerances } = situation
  const metricSelector = selectorText(metric.selector)
  const byValue = target.type === 'Value' && target.value !== undefined
  const byAverage = target.type === 'AverageValue' && target.averageValue !== undefined
  if (!byValue && !byAverage) {
    throw new Error('invalid object metric source: neither a value target nor an average value target was set')
  }
  const where = `${describedObject.kind} ${namespace}/${describedObject.name}`
  const words = [`unable to get metric ${metric.name}: unable to fetch metrics from custom metrics API`, `on ${where}`] as const
  const { value } = await within(words, () => metrics.object(metric.name, namespace, describedObject, metricSelector))
  const usage = milliValue(value)
  const statusOf = (current: MetricValueStatus) => ({ type: 'Object', object: { metric: identified(metric), current, describedObject } })
  if (byAverage) {
    const { replicas, average } = dividedReplicas(statusReplicas, usage, milliValue(target.averageValue), tolerances)
    return { replicas, name: externalName(metric), status: statusOf({ averageValue: amount(average) }) }
  }
  const replicas = sharedReplicas(specReplicas, usage / milliValue(target.value), () => readyPods(situation), tolerances)
  return { replicas, name: `${describedObject.kind} metric ${metric.name}`, status: statusOf({ value: amount(usage) }) }
}

async function externalProposal({ external }: MetricSpec, situation: Situation): Promise<Proposal> {
  const { metric, target } = external!
  const { metrics, namespace, specReplicas, statusReplicas, tolerances } = situation
  if (target.value === undefined && target.averageValue === undefined) {
    throw new Error('invalid external metric source: neither a value target nor an average value target was set')
  }
  const metricSelector = selectorText(metric.selector)
  const items = await within(`unable to get external metric ${namespace}/${metric.name}/${printed(metric.selector)}`, () =>
    fetched('external', () => metrics.external(metric.name, namespace, metricSelector)),
  )
  const usage = externalTotal(items)
  const statusOf = (current: MetricValueStatus) => ({ type: 'External', external: { metric: identified(metric), current } })
  if (target.averageValue !== undefined) {
    const { replicas, average } = dividedReplicas(statusReplicas, usage, milliValue(target.averageValue), tolerances)
    return { replicas, name: externalName(metric), status: statusOf({ averageValue: amount(average) }) }
  }
  const replicas = sharedReplicas(specReplicas, usage / milliValue(target.value), () => readyPods(situation), tolerances)
  return { replicas, name: externalName(metric), status: statusOf({ value: amount(usage) }) }
}

function readyPods({ pods }: Situation): number {
  if (pods.length === 0) throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count')
  return readyPodCount(pods)
}

/** Items of an API's answer; none is a failure. */
async function fetched<T>(api: 'resource' | 'custom' | 'external', read: () => Promise<readonly T[]>): Promise<readonly T[]> {
  const items = await within(`unable to fetch metrics from ${api} metrics API`, read)
  if (items.length === 0) throw new Error(`no metrics returned from ${api} metrics API`)
  return items
}

/** Puts words before (and after) the message of whatever goes wrong. */
async function within<T>(words: string | readonly [string, string], act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const [before, after] = typeof words === 'string' ? [words] : words
    const message = `${before}: ${(error as Error).message}`
    throw new Error(after === undefined ? message : `${message} ${after}`)
  }
}

function selectorText(selector: LabelSelector | undefined): string {
  return labelSelectorText(selectorFromObject(selector))
}

function identified({ name, selector }: MetricIdentifier): MetricIdentifier {
  return selector === undefined ? { name } : { name, selector }
}

function externalName({ name, selector }: MetricIdentifier): string {
  return `external metric ${name}(${printed(selector)})`
}

/** A selector as Go prints the struct. */
function printed(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil'
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],}`,
  )
  const matchLabels = labels.map(([key, value]) => `${key}: ${value},`).join('')
  const matchExpressions = expressions.map((text) => `${text},`).join('')
  return `&LabelSelector{MatchLabels:map[string]string{${matchLabels}},MatchExpressions:[]LabelSelectorRequirement{${matchExpressions}},}`
}

/** Thousandths as a quantity; memory in binary units, as metrics-server writes it. */
function amount(thousandths: number, resource = ''): string {
  return quantityText(quantityOf(thousandths, -3, resource === 'memory' ? 'BinarySI' : 'DecimalSI'))
}
