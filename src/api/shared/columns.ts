// Cells of `kubectl get` that many kinds share: ages, selectors, container names and images. Texts as upstream's printers give them.

import type { Column } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'

interface NamedContainer {
  name?: string
  image?: string
}

/** Name, for the kinds that do not begin with it (Event) or have no Age (PodTemplate): the list of columns then is complete as it stands. */
export const nameColumn: Column<KubeObject> = {
  name: 'Name',
  format: 'name',
  description: 'Name of the object, unique among its kind in its namespace.',
  value: (object) => object.metadata?.name ?? '',
}

/** Age, put where the kind wants it (kubectl prints columns in this order). */
export const ageColumn: Column<KubeObject> = {
  name: 'Age',
  description: 'Time since the server created the object.',
  value: (object, now) => translateTimestamp(object.metadata?.creationTimestamp, now),
}

/** Time since `time` in upstream's short form, or `<unknown>` when it is absent. */
export function translateTimestamp(time: string | undefined | null, now: number): string {
  if (time === undefined || time === null || time === '') return '<unknown>'
  return humanDuration(now - Date.parse(time))
}

/** The short form of a duration: 45s, 3m20s, 12m, 5h3m, 2d4h, 40d, 2y10d (k8s.io/apimachinery/pkg/util/duration). */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(minutes / 60)
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 192) return withRest(days, 'd', hours % 24, 'h')
  if (hours < 24 * 365 * 2) return `${days}d`
  const years = Math.trunc(hours / 24 / 365)
  return hours < 24 * 365 * 8 ? withRest(years, 'y', days % 365, 'd') : `${years}y`
}

function withRest(whole: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`
}

/** `a=b,c=d` with sorted keys; `<none>` for an empty or absent map (labels.FormatLabels). */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const text = Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',')
  return text === '' ? '<none>' : text
}

/** Container names joined by commas. */
export function containerNames(containers: readonly NamedContainer[] | undefined): string {
  return (containers ?? []).map((container) => container.name ?? '').join(',')
}

/** Container images joined by commas. */
export function containerImages(containers: readonly NamedContainer[] | undefined): string {
  return (containers ?? []).map((container) => container.image ?? '').join(',')
}

/** The three wide columns of every workload: Containers, Images, Selector. */
export function workloadColumns<T extends KubeObject>(
  containers: (object: T) => readonly NamedContainer[] | undefined,
  selector: (object: T) => string,
): Column<T>[] {
  return [
    {
      name: 'Containers',
      priority: 1,
      description: 'Names of each container in the template.',
      value: (object) => containerNames(containers(object)),
    },
    {
      name: 'Images',
      priority: 1,
      description: 'Images referenced by each container in the template.',
      value: (object) => containerImages(containers(object)),
    },
    { name: 'Selector', priority: 1, description: 'Label query over the pods that belong to it.', value: selector },
  ]
}
