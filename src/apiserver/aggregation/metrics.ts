// What /metrics tells of APIServices, under upstream's names.
import type { APIService as APIServiceObject } from '../../../openapi/types/apiregistration/v1.ts'
import { isAvailable } from './remote-service.ts'

/** A limit on the number of label sets. */
const maxSeries = 2_000

export interface AvailabilityMetrics {
  /** Call when an APIService was available and is no more. */
  lost: (name: string, reason: string) => void
  /** Lines of the text format. */
  lines: (apiServices: readonly APIServiceObject[]) => string[]
}

/** The metrics of one server. */
export function availabilityMetrics(): AvailabilityMetrics {
  const losses = new Map<string, number>()
  return {
    lost: (name, reason) => {
      const labels = `{name=${JSON.stringify(name)},reason=${JSON.stringify(reason)}}`
      if (losses.size < maxSeries || losses.has(labels)) losses.set(labels, (losses.get(labels) ?? 0) + 1)
    },
    lines: (apiServices) => [
      ...family('aggregator_unavailable_apiservice', 'gauge', 'APIServices that are not available, by name.', [
        ...apiServices.map((each) => `{name=${JSON.stringify(each.metadata?.name ?? '')}} ${isAvailable(each) ? 0 : 1}`),
      ]),
      ...family('aggregator_unavailable_apiservice_total', 'counter', 'How often an APIService became unavailable, by name and reason.', [
        ...[...losses].map(([labels, count]) => `${labels} ${count}`),
      ]),
    ],
  }
}

function family(name: string, type: string, help: string, samples: readonly string[]): string[] {
  return samples.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((each) => name + each)]
}
