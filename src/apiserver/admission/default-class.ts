// Default classes: the newest object of a kind that carries the "is default" annotation; ties go by name.
import type { KubeObject } from '../../apimachinery/meta.ts'

/** The default among `candidates`, or undefined when none is marked by one of `annotations`. */
export function defaultAmong<T extends KubeObject>(candidates: readonly T[], annotations: readonly string[]): T | undefined {
  const marked = candidates.filter((candidate) =>
    annotations.some((annotation) => candidate.metadata?.annotations?.[annotation] === 'true'),
  )
  return marked.sort(
    (a, b) =>
      Date.parse(b.metadata?.creationTimestamp ?? '') - Date.parse(a.metadata?.creationTimestamp ?? '') ||
      ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1),
  )[0]
}
