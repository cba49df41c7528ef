// Sets of completion indexes as ordered intervals, `1,3-5,7` in the status of a Job. Pure.

/** First and last index. */
export type Interval = readonly [number, number]

/** Reads a status text; what is broken is skipped, what lies beyond `completions` is cut off. */
export function readIntervals(text: string | undefined, completions: number): Interval[] {
  const result: Interval[] = []
  for (const part of (text ?? '') === '' ? [] : (text ?? '').split(',')) {
    const [first = Number.NaN, last = first] = part.split('-').map(toNumber)
    if (Number.isNaN(first) || Number.isNaN(last)) continue
    if (first >= completions) break
    const before = result.at(-1)
    const end = Math.min(last, completions - 1)
    if (before !== undefined && before[1] === first - 1) result[result.length - 1] = [before[0], end]
    else result.push([first, end])
  }
  return result
}

function toNumber(text: string): number {
  return /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
}

/** The union of both. */
export function mergeIntervals(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const result: Interval[] = []
  for (const [first, last] of [...a, ...b].sort((x, y) => x[0] - y[0])) {
    const before = result.at(-1)
    if (before === undefined || first > before[1] + 1) result.push([first, last])
    else if (last > before[1]) result[result.length - 1] = [before[0], last]
  }
  return result
}

/** The intervals and these indexes. */
export function withIndexes(intervals: readonly Interval[], indexes: Iterable<number>): Interval[] {
  return mergeIntervals(
    intervals,
    [...indexes].map((index): Interval => [index, index]),
  )
}

/** How many indexes there are. */
export function totalOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

/** Whether an index is among them. */
export function hasIndex(intervals: readonly Interval[], index: number): boolean {
  let [low, high] = [0, intervals.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((intervals[middle]?.[1] ?? 0) >= index) high = middle
    else low = middle + 1
  }
  const found = intervals[low]
  return found !== undefined && found[0] <= index
}

/** The status text: neighbours of two are listed, longer runs have a hyphen. */
export function intervalsText(intervals: readonly Interval[]): string {
  return intervals
    .map(([first, last]) => (last === first ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`))
    .join(',')
}

/** The first `count` indexes below `completions` that are not covered. */
export function firstFree(covered: readonly Interval[], count: number, completions: number): number[] {
  const result: number[] = []
  let candidate = 0
  for (const [first, last] of covered) {
    for (; candidate < Math.min(first, completions) && result.length < count; candidate++) result.push(candidate)
    candidate = Math.max(candidate, last + 1)
  }
  for (; candidate < completions && result.length < count; candidate++) result.push(candidate)
  return result
}

/** How many indexes both have. */
export function overlap(a: readonly Interval[], b: readonly Interval[]): number {
  let sum = 0
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i] as Interval, b[j] as Interval]
    sum += Math.max(0, Math.min(x[1], y[1]) - Math.max(x[0], y[0]) + 1)
    if (x[1] <= y[1]) i++
    if (y[1] <= x[1]) j++
  }
  return sum
}
