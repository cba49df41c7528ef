// The small path language of CRDs: printer columns, scale paths and selectable fields (`.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`).
// A subset of k8s.io/client-go/util/jsonpath: fields, quoted fields, indices, slices, wildcards and one-comparison filters.
import { getOwn, isObject, stringifyJson } from './json.ts'

type Step =
  | { kind: 'field'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'slice'; from: number | undefined; to: number | undefined; step: number }
  | { kind: 'all' }
  | { kind: 'filter'; path: Step[]; operator: string; literal: unknown }

export interface JsonPath {
  readonly text: string
  /** Everything the path finds, in order. */
  find(value: unknown): unknown[]
}

/** What is wrong with a path. */
export class JsonPathError extends Error {}

const maxSteps = 100
const cache = new Map<string, JsonPath>()

/** Compiles a path; enclosing `{…}` and a leading `$` may be left out. @throws JsonPathError */
export function compileJsonPath(text: string): JsonPath {
  const known = cache.get(text)
  if (known !== undefined) return known
  const steps = parseSteps(/^\{(.*)\}$/s.exec(text)?.[1] ?? text)
  const path: JsonPath = {
    text,
    find: (value) => steps.reduce<unknown[]>((found, step) => found.flatMap((one) => taken(one, step)), [value]),
  }
  if (cache.size >= 1000) cache.clear()
  cache.set(text, path)
  return path
}

/** The first value a path finds; undefined when it finds none. @throws JsonPathError */
export function firstByPath(value: unknown, path: string): unknown {
  return compileJsonPath(path).find(value)[0]
}

/** What a path finds, as kubectl prints it: scalars bare, the rest as JSON, several with spaces between. @throws JsonPathError */
export function textByPath(value: unknown, path: string): string {
  return compileJsonPath(path)
    .find(value)
    .map((one) => (typeof one === 'string' ? one : one === null || one === undefined ? '' : stringifyJson(one)))
    .join(' ')
}

const stepPattern =
  /\.?\[\s*(-?\d+)\s*\]|\.?\[\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(\d+)\s*)?\]|\.?\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\.?\[\s*"((?:[^"\\]|\\.)*)"\s*\]|\.?\[\s*\*\s*\]|\.\*|\.((?:[^.[\]{}()=!<>\s\\]|\\.)+)/y
const filterStart = /\.?\[\s*\?\(\s*/y
const filterRest = /\s*(?:(==|!=|<=|>=|<|>)\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null))?\s*\)\s*\]/y

function parseSteps(text: string): Step[] {
  const body = text.trim().replace(/^\$/, '')
  const start = body === '' || body.startsWith('.') || body.startsWith('[') ? body : `.${body}`
  if (start === '.' || start === '') return []
  const { steps, end } = stepsFrom(start, 0)
  if (end < start.length) throw new JsonPathError(`unrecognized character in action: ${JSON.stringify(start.slice(end, end + 10))}`)
  return steps
}

function stepsFrom(text: string, from: number): { steps: Step[]; end: number } {
  const steps: Step[] = []
  let at = from
  while (at < text.length) {
    if (steps.length > maxSteps) throw new JsonPathError('path is too long')
    filterStart.lastIndex = at
    if (filterStart.test(text)) {
      const filter = parseFilter(text, filterStart.lastIndex)
      steps.push(filter.step)
      at = filter.end
      continue
    }
    stepPattern.lastIndex = at
    const match = stepPattern.exec(text)
    if (match === null) break
    steps.push(simpleStep(match))
    at = stepPattern.lastIndex
  }
  return { steps, end: at }
}

function simpleStep(match: RegExpExecArray): Step {
  const [, index, from, to, step, single, double, name] = match
  if (index !== undefined) return { kind: 'index', index: Number(index) }
  if (from !== undefined) return { kind: 'slice', from: numberOr(from), to: numberOr(to ?? ''), step: Number(step ?? 1) }
  const field = single ?? double ?? name
  return field === undefined ? { kind: 'all' } : { kind: 'field', name: field.replace(/\\(.)/g, '$1') }
}

function numberOr(text: string): number | undefined {
  return text === '' ? undefined : Number(text)
}

/** `?(@.type=="Ready")`: a path from the item, and perhaps a comparison with a literal. */
function parseFilter(text: string, from: number): { step: Step; end: number } {
  if (text[from] !== '@') throw new JsonPathError('unrecognized filter: only (@.path <operator> literal) is supported')
  const { steps, end } = stepsFrom(text, from + 1)
  filterRest.lastIndex = end
  const rest = filterRest.exec(text)
  if (rest === null) throw new JsonPathError('unterminated filter')
  return { step: { kind: 'filter', path: steps, operator: rest[1] ?? 'exists', literal: literalOf(rest[2]) }, end: filterRest.lastIndex }
}

function literalOf(text: string | undefined): unknown {
  if (text === undefined) return undefined
  if (text.startsWith("'") || text.startsWith('"')) return text.slice(1, -1).replace(/\\(.)/g, '$1')
  return JSON.parse(text)
}

function taken(value: unknown, step: Step): unknown[] {
  switch (step.kind) {
    case 'field': {
      const found = isObject(value) ? getOwn(value, step.name) : undefined
      return found === undefined ? [] : [found]
    }
    case 'index': {
      const found = Array.isArray(value) ? value.at(step.index) : undefined
      return found === undefined ? [] : [found]
    }
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to).filter((_, index) => index % Math.max(1, step.step) === 0) : []
    case 'all':
      return items(value)
    case 'filter':
      return items(value).filter((item) => passes(item, step))
  }
}

function items(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  return isObject(value) ? Object.values(value) : []
}

function passes(item: unknown, { path, operator, literal }: Extract<Step, { kind: 'filter' }>): boolean {
  const found = path.reduce<unknown[]>((values, step) => values.flatMap((value) => taken(value, step)), [item])
  if (operator === 'exists') return found.length > 0
  if (found.length !== 1) return false
  const [value] = found
  switch (operator) {
    case '==':
      return value === literal
    case '!=':
      return value !== literal
    default:
      return typeof value === typeof literal && ordered(value as number, operator, literal as number)
  }
}

function ordered(a: number, operator: string, b: number): boolean {
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  return operator === '>' ? a > b : a >= b
}
