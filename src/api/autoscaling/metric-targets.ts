// The Targets cell of a HorizontalPodAutoscaler: `cpu: 5%/80%`, at most two metrics.
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../../openapi/types/autoscaling/v2.ts'

const maxMetrics = 2

/** One text for all metrics; a metric without a value yet shows `<unknown>`. */
export function metricTargets(specs: readonly MetricSpec[] | undefined, statuses: readonly MetricStatus[]): string {
  if (specs === undefined || specs.length === 0) return '<none>'
  const texts = specs.map((spec, index) => metricTarget(spec, statuses[index]))
  const shown = texts.slice(0, maxMetrics).join(', ')
  return texts.length > maxMetrics ? `${shown} + ${texts.length - maxMetrics} more...` : shown
}

function metricTarget(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return valueTarget(spec.external?.target, status?.external?.current)
    case 'Pods':
      return `${quantity(status?.pods?.current.averageValue)}/${spec.pods?.target.averageValue ?? ''}`
    case 'Object':
      return valueTarget(spec.object?.target, status?.object?.current)
    case 'Resource':
      return `${spec.resource?.name ?? ''}: ${resourceTarget(spec.resource?.target, status?.resource?.current)}`
    case 'ContainerResource':
      return `${spec.containerResource?.name ?? ''}: ${resourceTarget(spec.containerResource?.target, status?.containerResource?.current)}`
    default:
      return '<unknown type>'
  }
}

function valueTarget(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${quantity(current?.averageValue)}/${target.averageValue} (avg)`
  return `${quantity(current?.value)}/${target?.value ?? ''}`
}

function resourceTarget(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${quantity(current?.averageValue)}/${target.averageValue}`
  return `${percent(current?.averageUtilization, '<unknown>')}/${percent(target?.averageUtilization, '<auto>')}`
}

function quantity(value: string | undefined): string {
  return value ?? '<unknown>'
}

function percent(value: number | undefined, otherwise: string): string {
  return value === undefined ? otherwise : `${value}%`
}
