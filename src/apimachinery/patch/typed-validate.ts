// Does a value conform to its type, as server-side apply asks it of a configuration (structured-merge-diff, typed.Validate).
import { type Atom, formOf, itemElement, type ListAtom, type MapAtom, type Scalar } from './atoms.ts'
import { goPrint, goType } from './go-print.ts'
import { printElement } from './path-element.ts'
import { isMap } from './typed-fields.ts'

/** The violations as `path: message`, at most `limit` of them; with `duplicates`, several items of one key are fine. */
export function typeErrors(value: unknown, atom: Atom, duplicates = false): string[] {
  const run: Run = { errors: [], duplicates }
  check(value, atom, '', run)
  return run.errors
}

/** One text of several errors, as upstream prints them. */
export function joinErrors(errors: readonly string[]): string {
  return errors.length === 1 ? errors[0]! : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n')
}

interface Run {
  errors: string[]
  duplicates: boolean
}

/** An object of a million wrong fields need not be explained in full. */
const maxErrors = 100

function report(run: Run, path: string, message: string): void {
  if (run.errors.length < maxErrors) run.errors.push(path === '' ? message : `${path}: ${message}`)
}

function check(value: unknown, atom: Atom, path: string, run: Run): void {
  if (value === null) return
  switch (formOf(atom, value)) {
    case 'scalar':
      return checkScalar(value, atom.scalar!, path, run)
    case 'list':
      if (Array.isArray(value)) return checkItems(value, atom.list!, path, run)
      return report(run, path, `expected list, got ${goFormat(value)}`)
    case 'map':
      if (isMap(value)) return checkFields(value, atom.map!, path, run)
      return report(run, path, `expected map, got ${goFormat(value)}`)
  }
}

function checkScalar(value: unknown, scalar: Scalar, path: string, run: Run): void {
  const type = typeof value
  const number = type === 'number' || type === 'bigint'
  if (scalar === 'numeric' && !number) report(run, path, `expected numeric (int or float), got ${goType(value)}`)
  else if (scalar === 'string' && type !== 'string')
    report(run, path, `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`)
  else if (scalar === 'boolean' && type !== 'boolean') report(run, path, `expected boolean, got ${goFormat(value)}`)
  else if (scalar === 'untyped' && type === 'object') report(run, path, `expected any scalar, got ${goFormat(value)}`)
}

function checkItems(items: readonly unknown[], list: ListAtom, path: string, run: Run): void {
  const seen = new Set<string>()
  const atom = list.element()
  for (let at = 0; at < items.length; at++) {
    let element = `i:${at}`
    if (!list.atomic) {
      try {
        element = itemElement(list, items[at])
      } catch (error) {
        return report(run, path, `element ${at}: ${(error as Error).message}`)
      }
      if (seen.has(element) && !run.duplicates) report(run, path, `duplicate entries for key ${printElement(element)}`)
      seen.add(element)
    }
    if (typeof items[at] !== 'object') checkLeaf(items[at], atom, path, element, run)
    else check(items[at], atom, path + printElement(element), run)
  }
}

function checkFields(value: Readonly<Record<string, unknown>>, map: MapAtom, path: string, run: Run): void {
  for (const key in value) {
    const field = map.field(key)
    if (field === undefined) return report(run, `${path}.${key}`, 'field not declared in schema')
    const inner = value[key]
    if (typeof inner !== 'object') checkLeaf(inner, field.atom, path, field.element, run)
    else check(inner, field.atom, `${path}.${key}`, run)
  }
}

/** Paths of scalars are printed only when there is something to say. */
function checkLeaf(value: unknown, atom: Atom, path: string, element: string, run: Run): void {
  const before = run.errors.length
  check(value, atom, '', run)
  for (let at = before; at < run.errors.length; at++) run.errors[at] = `${path}${printElement(element)}: ${run.errors[at]}`
}

function goFormat(value: unknown): string {
  return `&{${goPrint(value)}}`
}

/** %#v of the few types that can stand where a string should. */
function goSyntax(value: unknown): string {
  if (typeof value === 'object') return goPrint(value)
  return String(value)
}
