// Path elements of field sets in their written form, which is also how they are kept: `f:name`, `k:{"name":"x"}`, `v:"x"`, `i:0`.
// Form, order and printing as in sigs.k8s.io/structured-merge-diff (fieldpath).
import { isObject, parseJson } from '../json.ts'
import { goPrint } from './go-print.ts'

/** The element of a struct field or map key. */
export function fieldElement(name: string): string {
  return `f:${name}`
}

/** The element of a list item found by its keys; `keys` must be sorted. */
export function keyElement(keys: readonly string[], values: readonly unknown[]): string {
  let text = 'k:{'
  for (let at = 0; at < keys.length; at++) text += `${at === 0 ? '' : ','}"${keys[at]}":${goJson(values[at])}`
  return `${text}}`
}

/** The element of an item of a set. */
export function valueElement(value: unknown): string {
  return `v:${goJson(value)}`
}

/** What a `k:` or `v:` element says, read once. */
interface ElementFacts {
  canonical: string
  /** Sorted names of key fields; empty for `v:`. */
  keys: readonly string[]
  values: readonly unknown[]
}

const knownElements = new Map<string, ElementFacts>()
const maxKnownElements = 10_000

/**
 * The element as this server writes it, whatever spacing or key order the client used; undefined for unknown kinds, which are ignored.
 * @throws Error when the text is no path element
 */
export function canonicalElement(element: string): string | undefined {
  if (element.startsWith('f:')) return element
  if (element.length < 2) throw new Error('key must be 2 characters long:')
  if (element[1] !== ':') throw new Error(`missing colon: ${element}`)
  if (element[0] === 'k' || element[0] === 'v') return factsOf(element).canonical
  if (element[0] !== 'i') return undefined
  if (!/^i:[+-]?\d{1,15}$/.test(element)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(element.slice(2))}: invalid syntax`)
  return `i:${Number(element.slice(2))}`
}

function factsOf(element: string): ElementFacts {
  const known = knownElements.get(element)
  if (known !== undefined) return known
  const facts = readElement(element)
  if (knownElements.size >= maxKnownElements) knownElements.clear()
  knownElements.set(element, facts)
  return facts
}

function readElement(element: string): ElementFacts {
  const value = parseJson(element.slice(2))
  if (element[0] === 'v') return { canonical: valueElement(value), keys: [], values: [value] }
  if (!isObject(value)) throw new Error('expected an object of key fields')
  const keys = Object.keys(value).sort()
  const values = keys.map((key) => value[key])
  return { canonical: keyElement(keys, values), keys, values }
}

/** As messages print it: `.name`, `[name="x"]`, `[="x"]`, `[0]`. */
export function printElement(element: string): string {
  if (element.startsWith('f:')) return `.${element.slice(2)}`
  if (element.startsWith('i:')) return `[${element.slice(2)}]`
  const { keys, values } = factsOf(element)
  if (element.startsWith('v:')) return `[=${printValue(values[0])}]`
  const parts = keys.map((key, at) => `${key}=${printValue(values[at])}`)
  return `[${parts.join(',')}]`
}

function printValue(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'string' ? JSON.stringify(value) : goPrint(value)
}

const rank: Readonly<Record<string, number>> = { '.': 0, f: 1, k: 2, v: 3, i: 4 }

/** Upstream's order: fields, keys, values, indices; within a kind by name or value. The mark `.` stands first. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0
  const [first, second] = [a[0]!, b[0]!]
  if (first !== second) return rank[first]! - rank[second]!
  if (first === 'f') return a < b ? -1 : 1
  if (first === 'i') return Number(a.slice(2)) - Number(b.slice(2))
  const [left, right] = [factsOf(a), factsOf(b)]
  if (first === 'v') return compareValues(left.values[0], right.values[0])
  for (let at = 0; at < left.keys.length && at < right.keys.length; at++) {
    const order = compareText(left.keys[at]!, right.keys[at]!) || compareValues(left.values[at], right.values[at])
    if (order !== 0) return order
  }
  return left.keys.length - right.keys.length
}

/** Numbers, then strings, then booleans, then the rest. */
function compareValues(a: unknown, b: unknown): number {
  const [left, right] = [valueRank(a), valueRank(b)]
  if (left !== right) return left - right
  if (left === 0) return Number(a) - Number(b)
  if (left === 2) return Number(a) - Number(b)
  return left === 1 ? compareText(a as string, b as string) : compareText(goJson(a), goJson(b))
}

function valueRank(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return 0
  if (typeof value === 'string') return 1
  return typeof value === 'boolean' ? 2 : 3
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const htmlCharacters = /[<>&\u2028\u2029]/g

/** JSON as Go's encoder writes it: the characters HTML minds are escaped, map keys sorted. */
export function goJson(value: unknown): string {
  if (typeof value === 'string') {
    const text = JSON.stringify(value)
    return text.search(htmlCharacters) < 0 ? text : text.replace(htmlCharacters, escaped)
  }
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value ?? null)
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${goJson(key)}:${goJson(value[key])}`)
  return `{${fields.join(',')}}`
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
