// List functions of Kubernetes (isSorted, sum, min …) and of cel-go's lists and sets extensions.
import { arithmetic } from './arithmetic.ts'
import { fn, index, type Library, list, type Spend } from './registry.ts'
import { placeOf } from './strings.ts'
import { CelError, CelMap, compareValues, equalValues, isList, isObjectValue, type ListValue, noOverload, type Value } from './values.ts'

/** The items in the order of their keys. */
export function sorted(items: readonly Value[], keys: readonly Value[], spend: Spend): Value[] {
  const places = items.map((_, place) => place)
  places.sort((a, b) => {
    spend(1)
    return compareValues(keys[a]!, keys[b]!) ?? 0
  })
  return places.map((place) => items[place]!)
}

function extreme(values: ListValue, sign: 1 | -1, word: string): Value {
  let best = values[0]
  if (best === undefined) throw new CelError(`${word} called on empty list`)
  for (const value of values.slice(1)) if ((compareValues(value, best) ?? 0) * sign > 0) best = value
  return best
}

function total(values: ListValue, spend: Spend): Value {
  const [first] = values
  if (first === undefined) return 0n
  if (typeof first === 'string' || isList(first)) throw noOverload()
  return values.slice(1).reduce<Value>((sum, value) => arithmetic('+', sum, value, spend), first)
}

function find(values: ListValue, wanted: Value | undefined, last: boolean, spend: Spend): bigint {
  if (wanted === undefined) throw noOverload()
  for (let i = 0; i < values.length; i++) {
    const at = last ? values.length - 1 - i : i
    spend(1)
    if (equalValues(values[at]!, wanted, spend)) return BigInt(at)
  }
  return -1n
}

function searching(last: boolean) {
  return fn([2, 3], ([value, wanted, from], spend) => {
    if (typeof value === 'string' && typeof wanted === 'string') {
      spend((value.length * Math.max(1, wanted.length)) / 10)
      return placeOf(value, wanted, from === undefined ? undefined : index(from), last)
    }
    if (from !== undefined) throw noOverload()
    return find(list(value), wanted, last, spend)
  })
}

/** The number of characters, bytes, items or entries. */
export const size = fn(1, ([value], spend) => {
  if (typeof value === 'string') {
    spend(value.length / 10)
    return BigInt(Array.from(value).length)
  }
  if (value instanceof Uint8Array) return BigInt(value.length)
  if (value instanceof CelMap) return BigInt(value.size)
  if (value !== undefined && isList(value)) return BigInt(value.length)
  if (value !== undefined && isObjectValue(value)) return BigInt(value.names().length)
  throw noOverload()
})

function flat(values: ListValue, depth: number, spend: Spend): Value[] {
  spend(values.length)
  return values.flatMap((value) => (isList(value) && depth > 0 ? flat(value, depth - 1, spend) : [value]))
}

/** Methods of lists. */
export const listMethods: Library = {
  size,
  isSorted: fn(1, ([values], spend) =>
    list(values, spend).every((value, at, all) => at === 0 || (compareValues(all[at - 1]!, value) ?? 1) <= 0),
  ),
  sum: fn(1, ([values], spend) => total(list(values, spend), spend)),
  min: fn(1, ([values], spend) => extreme(list(values, spend), -1, 'min')),
  max: fn(1, ([values], spend) => extreme(list(values, spend), 1, 'max')),
  indexOf: searching(false),
  lastIndexOf: searching(true),
  slice: fn(3, ([values, from, to], spend) => {
    const all = list(values, spend)
    const [start, end] = [index(from), index(to)]
    if (start < 0 || end < 0) throw new CelError(`cannot slice(${start}, ${end}), negative indexes not supported`)
    if (start > end) throw new CelError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`)
    if (end > all.length) throw new CelError(`cannot slice(${start}, ${end}), list is length ${all.length}`)
    return all.slice(start, end)
  }),
  flatten: fn([1, 2], ([values, depth], spend) => flat(list(values), depth === undefined ? 1 : index(depth), spend)),
  sort: fn(1, ([values], spend) => sorted(list(values), list(values), spend)),
  reverse: fn(1, ([values], spend) => [...list(values, spend)].reverse()),
  distinct: fn(1, ([values], spend) => {
    const kept: Value[] = []
    for (const value of list(values)) if (find(kept, value, false, spend) < 0n) kept.push(value)
    return kept
  }),
}

const maxRange = 1_000_000n

/** Functions on lists and sets. */
export const listFunctions: Library = {
  size,
  'lists.range': fn(1, ([count], spend) => {
    if (typeof count !== 'bigint') throw noOverload()
    if (count > maxRange) throw new CelError('lists.range: size too large')
    spend(Number(count))
    return Array.from({ length: Math.max(0, Number(count)) }, (_, at) => BigInt(at))
  }),
  'sets.contains': fn(2, ([all, some], spend) => list(some).every((value) => find(list(all), value, false, spend) >= 0n)),
  'sets.intersects': fn(2, ([all, some], spend) => list(some).some((value) => find(list(all), value, false, spend) >= 0n)),
  'sets.equivalent': fn(2, ([a, b], spend) => {
    const within = (left: ListValue, right: ListValue) => left.every((value) => find(right, value, false, spend) >= 0n)
    return within(list(a), list(b)) && within(list(b), list(a))
  }),
}
