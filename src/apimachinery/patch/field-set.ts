// Sets of field paths. A set is kept as the tree that metadata.managedFields[].fieldsV1 shows: reading and writing it costs nothing.
// A node without children is a member; a member that has children carries the mark `.`; a node with children only is no member itself.
// Sets are values: no operation changes its arguments, and results share what they can. Algebra as in structured-merge-diff (fieldpath.Set).
import { setOwn } from '../json.ts'
import { canonicalElement, compareElements, printElement } from './path-element.ts'

export interface FieldSet {
  readonly [element: string]: FieldSet
}

/** A set under construction. */
export type FieldSetDraft = Record<string, FieldSet>

/** The node of a member without children; also the empty set. */
export const leaf: FieldSet = Object.freeze({})

/** Whether a set has no members at all (for a root; a node without children is a member). */
export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false
  return true
}

const isLeaf = isEmpty

/** Whether a node is a member itself. */
export function isMember(node: FieldSet): boolean {
  return isLeaf(node) || '.' in node
}

/** The node as a member. */
export function asMember(node: FieldSet): FieldSet {
  return isMember(node) ? node : { '.': leaf, ...node }
}

/** A node from its children and membership; undefined when there is neither. */
function node(children: FieldSetDraft, member: boolean): FieldSet | undefined {
  if (isEmpty(children)) return member ? leaf : undefined
  return member ? { '.': leaf, ...children } : children
}

/** Members of either set. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a
  if (isEmpty(a)) return b
  const result: FieldSetDraft = { ...a }
  for (const element in b) {
    const mine = result[element]
    result[element] = mine === undefined ? b[element]! : unionNode(mine, b[element]!)
  }
  return result
}

function unionNode(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  if (isLeaf(a)) return asMember(b)
  if (isLeaf(b)) return asMember(a)
  return union(a, b)
}

/** Members of both sets. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return intersectionNode(a, b, false) ?? leaf
}

function intersectionNode(a: FieldSet, b: FieldSet, member: boolean): FieldSet | undefined {
  const children: FieldSetDraft = {}
  for (const element in a) {
    const other = b[element]
    if (other === undefined || element === '.') continue
    const mine = a[element]!
    const both = intersectionNode(mine, other, isMember(mine) && isMember(other))
    if (both !== undefined) children[element] = both
  }
  return node(children, member)
}

/** Members of `a` that are not members of `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(b) ? a : (differenceNode(a, b, false, false) ?? leaf)
}

/** As {@link difference}; all below a member of `b` goes too. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(b) ? a : (differenceNode(a, b, false, true) ?? leaf)
}

function differenceNode(a: FieldSet, b: FieldSet, member: boolean, recursive: boolean): FieldSet | undefined {
  const children: FieldSetDraft = {}
  let changed = false
  for (const element in a) {
    if (element === '.') continue
    const mine = a[element]!
    const other = b[element]
    if (other === undefined) {
      children[element] = mine
      continue
    }
    const minus = isMember(other)
    const left = recursive && minus ? undefined : differenceNode(mine, other, isMember(mine) && !minus, recursive)
    if (left !== mine) changed = true
    if (left !== undefined) children[element] = left
  }
  if (!changed && '.' in a === (member && !isEmpty(children)) && !isLeaf(a)) return a
  return node(children, member)
}

/** Whether the path is a member. */
export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let at: FieldSet | undefined = set
  for (const element of path) at = at?.[element]
  return path.length > 0 && at !== undefined && isMember(at)
}

/** A set of the given paths. */
export function setOfPaths(...paths: (readonly string[])[]): FieldSet {
  let set: FieldSet = leaf
  for (const path of paths)
    set = union(
      set,
      path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), leaf),
    )
  return set
}

/** Every member path, in upstream's order: the members of a node, then what lies below its children. */
export function paths(set: FieldSet): string[][] {
  const found: string[][] = []
  const walk = (at: FieldSet, prefix: readonly string[]): void => {
    const elements = Object.keys(at)
      .filter((element) => element !== '.')
      .sort(compareElements)
    for (const element of elements) if (isMember(at[element]!)) found.push([...prefix, element])
    for (const element of elements) walk(at[element]!, [...prefix, element])
  }
  walk(set, [])
  return found
}

/** A path as messages print it: `.spec.containers[name="nginx"].image`. */
export function printPath(path: readonly string[]): string {
  return path.map(printElement).join('')
}

/** Sets known to be in order. */
const ordered = new WeakSet<FieldSet>([leaf])

/** The set with its elements in the order of the wire. */
export function sorted(set: FieldSet): FieldSet {
  if (ordered.has(set)) return set
  const result = sortedNode(set)
  ordered.add(result)
  return result
}

function sortedNode(set: FieldSet): FieldSet {
  let last: string | undefined
  let inOrder = true
  let unchanged = true
  const children: [string, FieldSet][] = []
  for (const element in set) {
    const child = set[element]!
    const inner = isLeaf(child) ? leaf : sortedNode(child)
    if (inner !== child) unchanged = false
    if (inOrder && last !== undefined && compareElements(last, element) > 0) inOrder = false
    last = element
    children.push([element, inner])
  }
  if (children.length === 0) return leaf
  if (inOrder && unchanged) return set
  if (!inOrder) children.sort((a, b) => compareElements(a[0], b[0]))
  const result: FieldSetDraft = {}
  for (const [element, child] of children) result[element] = child
  return result
}

/**
 * Reads a set from a fieldsV1 value.
 * @throws Error when an element cannot be read
 */
export function parseFieldSet(fieldsV1: unknown): FieldSet {
  if (typeof fieldsV1 !== 'object' || fieldsV1 === null || Array.isArray(fieldsV1)) {
    if (fieldsV1 === undefined || fieldsV1 === null) return leaf
    throw new Error('expected an object of fields')
  }
  return parseNode(fieldsV1 as Record<string, unknown>, true)
}

function parseNode(value: Readonly<Record<string, unknown>>, root: boolean): FieldSet {
  const result: FieldSetDraft = {}
  let [same, count] = [true, 0]
  for (const key in value) {
    count++
    if (key === '.') {
      if (root) same = false
      else result['.'] = leaf
      continue
    }
    const element = canonicalElement(key)
    const child = value[key]
    if (element === undefined) {
      same = false
      continue
    }
    const parsed = typeof child === 'object' && child !== null ? parseNode(child as Record<string, unknown>, false) : leaf
    if (element !== key || parsed !== child) same = false
    const known = result[element]
    setOwn(result, element, known === undefined ? parsed : unionNode(known, parsed))
  }
  if (count === 0) return same ? (value as FieldSet) : leaf
  if (Object.keys(result).length === 1 && '.' in result) return leaf
  return same ? (value as FieldSet) : result
}
