// Metrics of an autoscaler: autoscaling/v1 (flat fields, kept in annotations) ⇄ v2 (metric and target).
import type { MetricSpec as V1Spec, MetricStatus as V1Status } from '../../../openapi/types/autoscaling/v1.ts'
import type { MetricSpec, MetricStatus, MetricTarget } from '../../../openapi/types/autoscaling/v2.ts'
import { compareQuantities, isQuantity } from '../../apimachinery/quantity.ts'

/** v2 → v1. */
export function metricToV1({ type, object, pods, resource, containerResource, external }: MetricSpec): V1Spec {
  return defined({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: object.target.value ?? '0',
      ...defined({ selector: object.metric.selector, averageValue: object.target.averageValue }),
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue ?? '0',
      ...defined({ selector: pods.metric.selector }),
    },
    resource: resource && { name: resource.name, ...resourceTarget(resource.target) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...resourceTarget(containerResource.target),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      ...defined({
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
    },
  })
}

function resourceTarget(target: MetricTarget): { targetAverageUtilization?: number; targetAverageValue?: string } {
  return defined({ targetAverageUtilization: target.averageUtilization, targetAverageValue: target.averageValue })
}

/** v1 → v2. */
export function metricFromV1({ type, object, pods, resource, containerResource, external }: V1Spec): MetricSpec {
  return defined({
    type,
    object: object && {
      describedObject: object.target,
      target: valueTarget(
        object.averageValue === undefined || !isZero(object.targetValue) ? object.targetValue : undefined,
        object.averageValue,
      ),
      metric: defined({ name: object.metricName, selector: object.selector }),
    },
    pods: pods && {
      metric: defined({ name: pods.metricName, selector: pods.selector }),
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    },
    resource: resource && { name: resource.name, target: utilizationTarget(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      target: utilizationTarget(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: defined({ name: external.metricName, selector: external.metricSelector }),
      target: defined({
        type: external.targetValue === undefined ? 'AverageValue' : 'Value',
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      }),
    },
  })
}

function valueTarget(value: string | undefined, averageValue: string | undefined): MetricTarget {
  return defined({ type: averageValue === undefined ? 'Value' : 'AverageValue', value, averageValue })
}

function utilizationTarget(source: { targetAverageUtilization?: number; targetAverageValue?: string }): MetricTarget {
  return defined({
    type: source.targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
    averageValue: source.targetAverageValue,
    averageUtilization: source.targetAverageUtilization,
  })
}

/** v2 → v1, of a measured value. */
export function metricStatusToV1({ type, object, pods, resource, containerResource, external }: MetricStatus): V1Status {
  return defined({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      currentValue: object.current.value ?? '0',
      ...defined({ selector: object.metric.selector, averageValue: object.current.averageValue }),
    },
    pods: pods && {
      metricName: pods.metric.name,
      currentAverageValue: pods.current.averageValue ?? '0',
      ...defined({ selector: pods.metric.selector }),
    },
    resource: resource && {
      name: resource.name,
      ...defined({ currentAverageUtilization: resource.current.averageUtilization }),
      currentAverageValue: resource.current.averageValue ?? '0',
    },
    containerResource: containerResource && {
      name: containerResource.name,
      ...defined({ currentAverageUtilization: containerResource.current.averageUtilization }),
      currentAverageValue: containerResource.current.averageValue ?? '0',
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      ...defined({ metricSelector: external.metric.selector }),
      currentValue: external.current.value ?? '0',
      ...defined({ currentAverageValue: external.current.averageValue }),
    },
  })
}

/** v1 → v2, of a measured value. */
export function metricStatusFromV1({ type, object, pods, resource, containerResource, external }: V1Status): MetricStatus {
  return defined({
    type,
    object: object && {
      metric: defined({ name: object.metricName, selector: object.selector }),
      current: defined({ value: object.currentValue, averageValue: object.averageValue }),
      describedObject: object.target,
    },
    pods: pods && {
      metric: defined({ name: pods.metricName, selector: pods.selector }),
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name, current: currentResource(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      current: currentResource(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: defined({ name: external.metricName, selector: external.metricSelector }),
      current: defined({ value: external.currentValue, averageValue: external.currentAverageValue }),
    },
  })
}

function currentResource(source: { currentAverageUtilization?: number; currentAverageValue: string }) {
  return defined({ averageValue: source.currentAverageValue, averageUtilization: source.currentAverageUtilization })
}

function isZero(value: string): boolean {
  return isQuantity(value) && compareQuantities(value, '0') === 0
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** The object without its undefined fields. */
function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>
}
