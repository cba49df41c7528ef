// Request bodies in YAML become the JSON values that sigs.k8s.io/yaml makes of them: YAML 1.1 booleans (yes, on) and octals, no dates.
// Size, nesting and alias expansion are limited before anything is built (billion laughs, deep nesting).
import type { Document, LineCounter, Tags } from 'yaml'
import { isObject, JsonError, maxJsonDepth, parseJson, setOwn } from '../json.ts'
import { yamlLibrary } from './yaml-library.ts'

/** A YAML body that cannot be read. */
export class YamlError extends Error {}

export interface ParseYamlOptions {
  /** Called for each key that stands twice in one mapping, worded as upstream: `line 3: key "a" already set in map`. */
  onDuplicate?: (text: string) => void
  /** Longest text read as YAML (JSON texts have their own limit). Real YAML is slow to parse, and parsing blocks. */
  maxBytes?: number
}

/** Default limit of a YAML text that is not JSON. */
export const maxYamlBytes = 256 * 1024
const maxAliases = 1000
const maxExpandedNodes = 300_000

const utf8 = new TextDecoder('utf-8')
const dropped = new Set(['timestamp', 'binary', 'omap', 'pairs', 'set', 'intTime', 'floatTime'])

/**
 * Parses a YAML text (a JSON text is read as JSON). One document only, as upstream reads the first.
 * @throws YamlError
 */
export function parseYaml(input: string | Uint8Array, options: ParseYamlOptions = {}): unknown {
  const text = typeof input === 'string' ? input : utf8.decode(input)
  const json = asJson(text)
  if (json !== undefined && (json.duplicates === 0 || options.onDuplicate === undefined)) return json.value
  if (text.length > (options.maxBytes ?? maxYamlBytes))
    throw new YamlError(`yaml: document is too large, limit is ${options.maxBytes ?? maxYamlBytes}`)
  checkNesting(text)
  const { LineCounter, parseDocument } = yamlLibrary()
  const lines = new LineCounter()
  const document = parseDocument(text, {
    schema: 'yaml-1.1',
    version: '1.1',
    customTags: (tags: Tags) => tags.filter((tag) => !dropped.has(typeof tag === 'string' ? tag : tagName(tag))),
    uniqueKeys: false,
    intAsBigInt: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const [error] = document.errors
  if (error !== undefined && error.code !== 'MULTIPLE_DOCS') {
    throw new YamlError(`yaml: line ${lines.linePos(error.pos[0]).line}: ${error.message}`)
  }
  checkNodes(document, lines, options.onDuplicate)
  try {
    return jsonValue(document.toJS({ maxAliasCount: maxAliases }), { nodes: 0 }, 0)
  } catch (cause) {
    if (cause instanceof ReferenceError && cause.message.startsWith('Excessive alias'))
      throw new YamlError('yaml: document contains excessive aliasing')
    // The library throws plain errors for what it cannot resolve (aliases, merges of what is no map).
    if (cause instanceof Error && !(cause instanceof RangeError)) throw new YamlError(`yaml: ${cause.message.replace(/^yaml: /, '')}`)
    throw cause
  }
}

function tagName(tag: { tag?: string; identify?: unknown; format?: string }): string {
  if (tag.format === 'TIME') return 'intTime'
  return (tag.tag ?? '').replace('tag:yaml.org,2002:', '')
}

/** A JSON text's value; how many keys stand twice (only the YAML reader can tell in upstream's words where). */
function asJson(text: string): { value: unknown; duplicates: number } | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    let duplicates = 0
    const value = parseJson(text, { onDuplicate: () => duplicates++ })
    return { value, duplicates }
  } catch (error) {
    if (error instanceof JsonError && error.message !== 'exceeded max depth') return undefined
    throw error instanceof JsonError ? new YamlError('yaml: exceeded max depth') : error
  }
}

/** Refuses texts that would make the parser recurse too deeply: many opening brackets, or many levels of indentation. */
function checkNesting(text: string): void {
  let open = 0
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 91 || char === 123) deepest = Math.max(deepest, ++open)
    else if (char === 93 || char === 125) open = Math.max(0, open - 1)
  }
  const dashes = /(?:^|\n)[ ]*(?:[-?] +){100}/.test(text)
  if (deepest > maxJsonDepth || dashes || /(?:^|\n) {500}/.test(text)) throw new YamlError('yaml: exceeded max depth')
}

function checkNodes(document: Document.Parsed, lines: LineCounter, onDuplicate: ((text: string) => void) | undefined): void {
  const { isAlias, isMap, isScalar, visit } = yamlLibrary()
  let aliases = 0
  visit(document, (_key, node) => {
    if (isAlias(node) && ++aliases > maxAliases) throw new YamlError('yaml: document contains excessive aliasing')
    if (!isMap(node) || onDuplicate === undefined) return
    const seen = new Set<string>()
    for (const { key } of node.items) {
      if (!isScalar(key)) continue
      const name = String(key.value)
      if (seen.has(name)) onDuplicate(`line ${lines.linePos(key.range?.[0] ?? 0).line}: key ${JSON.stringify(name)} already set in map`)
      seen.add(name)
    }
  })
}

/** Copies what the YAML library made into plain JSON values, counting: shared (aliased) parts are expanded here. */
function jsonValue(value: unknown, count: { nodes: number }, depth: number): unknown {
  if (++count.nodes > maxExpandedNodes) {
    throw new YamlError('document contains excessive aliasing')
  }
  if (depth > maxJsonDepth) throw new YamlError('exceeded max depth')
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (typeof value === 'number' && !Number.isFinite(value)) throw new YamlError(`json: unsupported value: ${goFloat(value)}`)
  if (Array.isArray(value)) return value.map((item) => jsonValue(item, count, depth + 1))
  if (!isObject(value)) return value ?? null
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value)) setOwn(result, key, jsonValue(value[key], count, depth + 1))
  return result
}

function goFloat(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
