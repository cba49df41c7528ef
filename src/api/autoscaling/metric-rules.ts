// Validation of the metrics of an autoscaler. Words: pkg/apis/autoscaling/validation upstream.
import type { CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricTarget } from '../../../openapi/types/autoscaling/v2.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { pathSegmentName } from '../../apimachinery/names.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import { dnsLabel, invalidFor } from '../shared/checks.ts'

const sourceTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource']
const sourceFields = ['object', 'external', 'pods', 'resource', 'containerResource'] as const

/** One metric: exactly the source its type names, and what that source needs. */
export function metricErrors(metric: MetricSpec, path: Path): FieldError[] {
  const { type = '' } = metric
  const errors: FieldError[] = []
  const known = sourceTypes.includes(type)
  if (type === '') errors.push(required(path.child('type'), 'must specify a metric source type'))
  if (!known) errors.push(notSupported(path.child('type'), type, sourceTypes))
  const present = sourceFields.filter((field) => metric[field] !== undefined)
  const first = present[0]
  if (first !== undefined) errors.push(...sourceErrors(metric, first, path.child(first)))
  const expected = `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`
  if (!known) errors.push(notSupported(path.child('type'), type, sourceTypes))
  else if (!present.some((field) => field === expected)) {
    errors.push(required(path.child(expected), 'must populate information for the given metric source'))
  }
  if (present.length === 1) return errors
  const others = present.filter((field) => field !== expected)
  return [...errors, ...others.map((field) => forbiddenField(path.child(field), 'must populate the given metric source only'))]
}

function sourceErrors(metric: MetricSpec, field: (typeof sourceFields)[number], path: Path): FieldError[] {
  const source = metric[field]
  const target = path.child('target')
  const { value, averageValue, averageUtilization } = source?.target ?? {}
  const errors: FieldError[] = []
  if (field === 'object') errors.push(...referenceErrors(metric.object?.describedObject, path.child('describedObject')))
  if (source !== undefined && 'metric' in source) errors.push(...identifierErrors(source.metric, path.child('metric')))
  if (field === 'resource' || field === 'containerResource') errors.push(...resourceErrors(metric, field, path))
  errors.push(...targetErrors(source?.target, target))
  if (field === 'object' && value === undefined && averageValue === undefined) {
    errors.push(required(target.child('averageValue'), 'must set either a target value or averageValue'))
  }
  if (field === 'pods' && averageValue === undefined) {
    errors.push(required(target.child('averageValue'), 'must specify a positive target averageValue'))
  }
  if (field === 'external') {
    if (value === undefined && averageValue === undefined) {
      errors.push(required(target.child('averageValue'), 'must set either a target value for metric or a per-pod target'))
    }
    if (value !== undefined && averageValue !== undefined) {
      errors.push(forbiddenField(target.child('value'), 'may not set both a target value for metric and a per-pod target'))
    }
  }
  if (field === 'resource' || field === 'containerResource') {
    if (averageUtilization === undefined && averageValue === undefined) {
      errors.push(required(target.child('averageUtilization'), 'must set either a target raw value or a target utilization'))
    }
    if (averageUtilization !== undefined && averageValue !== undefined) {
      errors.push(forbiddenField(target.child('averageValue'), 'may not set both a target raw value and a target utilization'))
    }
  }
  return errors
}

function resourceErrors(metric: MetricSpec, field: 'resource' | 'containerResource', path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (!metric[field]?.name) errors.push(required(path.child('name'), 'must specify a resource name'))
  if (field === 'resource') return errors
  const container = metric.containerResource?.container
  if (!container) return [...errors, required(path.child('container'), 'must specify a container')]
  return [...errors, ...dnsLabel(container, path.child('container'))]
}

function identifierErrors(metric: MetricIdentifier | undefined, path: Path): FieldError[] {
  const name = metric?.name
  return name ? invalidFor(path.child('name'), name, pathSegmentName(name)) : [required(path.child('name'), 'must specify a metric name')]
}

function targetErrors(target: MetricTarget | undefined, path: Path): FieldError[] {
  const { type = '', value, averageValue, averageUtilization } = target ?? {}
  const errors: FieldError[] = []
  if (type === '') errors.push(required(path.child('type'), 'must specify a metric target type'))
  if (type !== 'Utilization' && type !== 'Value' && type !== 'AverageValue') {
    errors.push(invalidValue(path.child('type'), type, 'must be either Utilization, Value, or AverageValue'))
  }
  if (value !== undefined && compareQuantities(value, '0') <= 0) errors.push(invalidValue(path.child('value'), value, 'must be positive'))
  if (averageValue !== undefined && compareQuantities(averageValue, '0') <= 0) {
    errors.push(invalidValue(path.child('averageValue'), averageValue, 'must be positive'))
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalidValue(path.child('averageUtilization'), averageUtilization, 'must be greater than 0'))
  }
  return errors
}

/** Kind and name of a reference. */
export function referenceErrors(reference: CrossVersionObjectReference | undefined, path: Path): FieldError[] {
  return (['kind', 'name'] as const).flatMap((field) => {
    const value = reference?.[field]
    return value ? invalidFor(path.child(field), value, pathSegmentName(value)) : [required(path.child(field))]
  })
}
