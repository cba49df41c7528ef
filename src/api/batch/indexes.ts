// Lists of completion indexes, `1,3-5,7`: their form and how many they are. Words: pkg/apis/batch/validation upstream.

/** First and last index of each interval, or what is wrong with the text. */
export function parseIndexes(text: string, completions: number): [number, number][] | string {
  if (text === '') return []
  const intervals: [number, number][] = []
  for (const part of text.split(',')) {
    const interval = parseInterval(part, completions)
    if (typeof interval === 'string') return interval
    const last = intervals.at(-1)?.[1]
    if (last !== undefined && last >= interval[0]) return `non-increasing order, previous: ${last}, current: ${interval[0]}`
    intervals.push(interval)
  }
  return intervals
}

/** How many indexes a list names, or what is wrong with it. */
export function indexCount(text: string, completions: number): number | string {
  const intervals = parseIndexes(text, completions)
  return typeof intervals === 'string' ? intervals : intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

function parseInterval(text: string, completions: number): [number, number] | string {
  const ends = text.split('-')
  if (ends.length > 2) {
    return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`
  }
  const numbers: number[] = []
  for (const end of ends) {
    if (!/^[+]?\d+$/.test(end)) return `cannot convert string to integer for index: ${JSON.stringify(end)}`
    if (Number(end) >= completions) return `too large index: ${JSON.stringify(end)}`
    numbers.push(Number(end))
  }
  const [first = 0, last = first] = numbers
  return ends.length === 2 && first >= last ? `non-increasing order, previous: ${first}, current: ${last}` : [first, last]
}
