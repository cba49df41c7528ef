// Values of metrics APIs as numbers: thousandths by pod name, as upstream's metrics client makes them. Pure.
import type { PodMetrics } from '../../openapi/types/metrics/v1beta1.ts'
import { parseDurationMs } from '../../src/apimachinery/duration.ts'
import { milliValue } from '../../src/apimachinery/quantity.ts'
import type { ExternalMetricValue, MetricValue } from './ports.ts'

/** One measured value in thousandths; `windowMs` long, ended at `at`. */
export interface PodMetric {
  value: number
  at: number
  windowMs: number
}

export type PodValues = Map<string, PodMetric>

/** int64 and int32, which upstream counts with. */
export const maxInt64 = 2 ** 63
export const maxInt32 = 2 ** 31 - 1

/** Window of a value that names none. */
const defaultWindowMs = 60_000

/** A resource by pod, all containers together; a pod without any value of it is left out. */
export function podResourceValues(items: readonly PodMetrics[], resource: string): PodValues {
  const values: PodValues = new Map()
  for (const item of items) {
    const usages = (item.containers ?? []).map(({ usage }) => own(usage, resource))
    if (usages.length === 0 || usages.includes(undefined)) continue
    values.set(item.metadata?.name ?? '', measured(item, total(usages)))
  }
  return values
}

/** A resource of one container by pod. @throws Error when a pod has no such container */
export function containerResourceValues(items: readonly PodMetrics[], resource: string, container: string): PodValues {
  const values: PodValues = new Map()
  for (const item of items) {
    const { namespace = '', name = '' } = item.metadata ?? {}
    const found = item.containers?.find((one) => one.name === container)
    if (found === undefined) throw new Error(`container ${container} not present in metrics for pod ${namespace}/${name}`)
    const usage = own(found.usage, resource)
    if (usage !== undefined) values.set(name, measured(item, milliValue(usage)))
  }
  return values
}

/** A custom metric by pod. */
export function customValues(items: readonly MetricValue[]): PodValues {
  return new Map(
    items.map(({ describedObject, timestamp = '', windowSeconds, value }) => {
      const windowMs = windowSeconds === undefined ? defaultWindowMs : windowSeconds * 1000
      return [describedObject?.name ?? '', { value: milliValue(value), at: Date.parse(timestamp), windowMs }]
    }),
  )
}

/** All series of an external metric together. */
export function externalTotal(items: readonly ExternalMetricValue[]): number {
  return total(items.map(({ value }) => value))
}

function measured({ timestamp, window }: PodMetrics, value: number): PodMetric {
  return { value, at: Date.parse(timestamp), windowMs: parseDurationMs(window || '0') }
}

function total(amounts: readonly (string | undefined)[]): number {
  return Math.min(
    maxInt64,
    amounts.reduce((sum, amount) => sum + milliValue(amount), 0),
  )
}

function own(amounts: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return amounts !== undefined && Object.hasOwn(amounts, name) ? amounts[name] : undefined
}
