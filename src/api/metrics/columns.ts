// What metrics-server's Tables show of NodeMetrics and PodMetrics: one column for each resource, then the window. Pure.
import type { Column } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { quantityText, sumQuantities } from './usage.ts'

interface Measured extends KubeObject {
  window: string
}

/** Name, cpu, memory, Window; `usages` gives the usage of each part of an object. */
export function usageColumns<T extends Measured>(
  usages: (object: T) => readonly (Readonly<Record<string, string>> | undefined)[],
): Column<T>[] {
  const resource = (name: string): Column<T> => ({
    name,
    format: 'quantity',
    value: (object) => quantityText(sumQuantities(usages(object).map((usage) => usage?.[name] ?? '0'))),
  })
  return [
    { name: 'Name', format: 'name', description: 'Name of the resource', value: (object) => object.metadata?.name ?? '' },
    resource('cpu'),
    resource('memory'),
    { name: 'Window', format: 'duration', value: ({ window = '' }) => window },
  ]
}
