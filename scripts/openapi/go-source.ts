// Reads the declarations of a Go package that matter to an API: structs with tagged fields, named types, string constants, comment marks.
// Line based on purpose: API type files are gofmt-formatted and plain.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface GoField {
  /** Go name; '' when embedded. */
  name: string
  type: string
  tags: Record<string, string>
  marks: GoMarks
}

/** Comment marks (`+optional`, `+listType=map`): name → values in order. */
export type GoMarks = Map<string, string[]>

export interface GoType {
  name: string
  marks: GoMarks
  /** Of a struct. */
  fields?: GoField[]
  /** Of any other type: its right-hand side. */
  underlying?: string
  /** `type A = B`. */
  alias?: boolean
}

export interface GoPackage {
  /** Import path, e.g. k8s.io/api/core/v1. */
  path: string
  types: Map<string, GoType>
  /** Constants by their declared type, in source order. */
  constants: Map<string, { name: string; value: string }[]>
  /** Alias → import path, over all files (they agree within a package). */
  imports: Map<string, string>
  /** Definition names the package publishes: Go type → definition name. */
  models: Map<string, string>
  groupName: string | undefined
}

/** Parses every non-test Go file of `folder` that declares API types. */
export function readGoPackage(folder: string, path: string): GoPackage {
  const result: GoPackage = { path, types: new Map(), constants: new Map(), imports: new Map(), models: new Map(), groupName: undefined }
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.go') || file.endsWith('_test.go') || file.endsWith('.pb.go')) continue
    const text = readFileSync(join(folder, file), 'utf8')
    if (file.startsWith('zz_generated.model_name')) readModels(text, result)
    else if (!file.startsWith('zz_') && !file.includes('swagger_doc') && !file.includes('byte')) readFile(text, result)
  }
  return result
}

function readModels(text: string, into: GoPackage): void {
  for (const match of text.matchAll(/func \(in (\w+)\) OpenAPIModelName\(\) string \{\s*return "([^"]+)"/g))
    into.models.set(match[1]!, match[2]!)
}

function readFile(text: string, into: GoPackage): void {
  const group = /^const GroupName = "([^"]*)"/m.exec(text)
  if (group) into.groupName = group[1]!
  let comments: string[] = []
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    const struct = /^type (\w+) struct ?\{(\})?/.exec(line)
    const named = /^type (\w+) (=\s*)?([\w.[\]*]+)\s*(\/\/.*)?$/.exec(line)
    if (line.startsWith('//')) comments.push(line)
    else if (line === '')
      continue // marks may stand one blank line above the type's own comment
    else if (struct) {
      const end = struct[2] ? i : lines.indexOf('}', i)
      into.types.set(struct[1]!, {
        name: struct[1]!,
        marks: marksOf(comments),
        fields: readFields(
          lines
            .slice(i + 1, end)
            .join('\n')
            .replace(/\/\*[\s\S]*?\*\//g, '')
            .split('\n'),
        ),
      })
      i = end
      comments = []
    } else {
      if (named)
        into.types.set(named[1]!, { name: named[1]!, marks: marksOf(comments), underlying: named[3]!, alias: named[2] !== undefined })
      else if (/^import/.test(line)) i = readImports(lines, i, into)
      else if (/^const \($/.test(line)) i = readConstants(lines, i, into)
      else if (/^const /.test(line)) readConstant(line.slice(6), into)
      comments = []
    }
  }
}

function readImports(lines: string[], start: number, into: GoPackage): number {
  const end = lines[start]!.includes('(') ? lines.indexOf(')', start) : start
  for (const line of lines.slice(start, end + 1)) {
    const match = /(?:(\w+)\s+)?"([^"]+)"/.exec(line.replace(/^import /, ''))
    if (match) into.imports.set(match[1] ?? match[2]!.split('/').at(-1)!, match[2]!)
  }
  return end
}

function readConstants(lines: string[], start: number, into: GoPackage): number {
  const end = lines.indexOf(')', start)
  let comments: string[] = []
  for (const line of lines.slice(start + 1, end)) {
    if (/^\s*\/\//.test(line)) comments.push(line)
    else {
      readConstant(line.trim(), into)
      comments = []
    }
  }
  return end
}

function readConstant(text: string, into: GoPackage): void {
  const match = /^(\w+)\s+([\w.]+)\s*=\s*"([^"]*)"/.exec(text) ?? /^(\w+)\s*=\s*(\w+)\("([^"]*)"\)/.exec(text)
  if (!match) return
  const list = into.constants.get(match[2]!) ?? []
  list.push({ name: match[1]!, value: match[3]! })
  into.constants.set(match[2]!, list)
}

function readFields(lines: string[]): GoField[] {
  const fields: GoField[] = []
  let comments: string[] = []
  for (const raw of lines) {
    const line = raw.trim()
    if (line.startsWith('//')) comments.push(line)
    else if (line === '') comments = []
    else {
      const field = readField(line, marksOf(comments))
      if (field) fields.push(field)
      comments = []
    }
  }
  return fields
}

function readField(line: string, marks: GoMarks): GoField | undefined {
  const tags: Record<string, string> = {}
  const quoted = /`([^`]*)`/.exec(line)?.[1] ?? ''
  for (const match of quoted.matchAll(/(\w+):"([^"]*)"/g)) tags[match[1]!] = match[2]!
  const words = line
    .replace(/`.*$/, '')
    .replace(/\/\/.*$/, '')
    .trim()
    .split(/\s+/)
  if (words.length === 1) return { name: '', type: words[0]!, tags, marks }
  if (words.length === 2 && /^[A-Z]/.test(words[0]!)) return { name: words[0]!, type: words[1]!, tags, marks }
  return undefined
}

function marksOf(comments: string[]): GoMarks {
  const marks: GoMarks = new Map()
  for (const comment of comments) {
    const match = /^\s*\/\/\s*\+([\w:.]+)(?:=(.*?))?\s*$/.exec(comment)
    if (match) marks.set(match[1]!, [...(marks.get(match[1]!) ?? []), match[2] ?? ''])
  }
  return marks
}
