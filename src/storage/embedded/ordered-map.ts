// A persistent (structure-sharing) ordered map: a B+ tree whose nodes belong to one version until `snapshot` is taken.
// Between two snapshots updates happen in place, after one they copy only the path they touch. Pure.

const maxWidth = 32
const minWidth = 8

interface Leaf<V> {
  owner: object
  leaf: true
  keys: string[]
  values: V[]
}

interface Inner<V> {
  owner: object
  leaf: false
  /** keys[i] is a lower bound of children[i] (keys[0] is never looked at). */
  keys: string[]
  children: Node<V>[]
  size: number
}

type Node<V> = Leaf<V> | Inner<V>

/** Strings to values, ordered by UTF-16 code units (for the ASCII keys of Kubernetes: the byte order of etcd). */
export class OrderedMap<V> {
  #owner: object = {}
  #root: Node<V>
  /** The right half of the node split last, to be linked by its parent; kept here so that `set` allocates no tuples. */
  #split: Node<V> | undefined

  constructor(root?: unknown) {
    this.#root = (root as Node<V> | undefined) ?? { owner: this.#owner, leaf: true, keys: [], values: [] }
  }

  /** Number of keys. */
  get size(): number {
    return sizeOf(this.#root)
  }

  /** An independent copy in constant time: from now on both sides copy what they change. */
  snapshot(): OrderedMap<V> {
    this.#owner = {}
    return new OrderedMap<V>(this.#root)
  }

  get(key: string): V | undefined {
    let node = this.#root
    while (!node.leaf) node = node.children[childIndex(node.keys, key)]!
    const at = lowerBound(node.keys, key)
    return node.keys[at] === key ? node.values[at] : undefined
  }

  set(key: string, value: V): void {
    const left = this.#put(this.#root, key, value)
    const right = this.#split
    this.#split = undefined
    this.#root = right ? this.#join(left, right) : left
  }

  /** Removes the key; tells whether it was there. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false
    let root = this.#remove(this.#root, key)
    while (!root.leaf && root.children.length === 1) root = root.children[0]!
    this.#root = root
    return true
  }

  /** How many keys are smaller than `key`. */
  countBefore(key: string): number {
    let node = this.#root
    let count = 0
    while (!node.leaf) {
      const at = childIndex(node.keys, key)
      for (let i = 0; i < at; i++) count += sizeOf(node.children[i]!)
      node = node.children[at]!
    }
    return count + lowerBound(node.keys, key)
  }

  /** Values with `start` <= key < `end` (undefined: no end) in key order, at most `limit`. */
  range(start: string, end?: string, limit = Number.POSITIVE_INFINITY): V[] {
    const out: V[] = []
    if (limit > 0) collect(this.#root, start, end, limit, out)
    return out
  }

  #put(node: Node<V>, key: string, value: V): Node<V> {
    if (node.leaf) return this.#putInLeaf(this.#ownLeaf(node), key, value)
    const own = this.#ownInner(node)
    const at = childIndex(own.keys, key)
    const before = sizeOf(own.children[at]!)
    const child = this.#put(own.children[at]!, key, value)
    own.children[at] = child
    const right = this.#split
    if (!right) {
      own.size += sizeOf(child) - before
      return own
    }
    this.#split = undefined
    own.size += sizeOf(child) + sizeOf(right) - before
    own.keys.splice(at + 1, 0, right.keys[0]!)
    own.children.splice(at + 1, 0, right)
    if (own.children.length > maxWidth) this.#splitInner(own, at + 2 === own.children.length)
    return own
  }

  #putInLeaf(leaf: Leaf<V>, key: string, value: V): Leaf<V> {
    const at = lowerBound(leaf.keys, key)
    if (leaf.keys[at] === key) {
      leaf.values[at] = value
      return leaf
    }
    leaf.keys.splice(at, 0, key)
    leaf.values.splice(at, 0, value)
    if (leaf.keys.length > maxWidth) {
      // Keys that arrive in order leave full leaves behind.
      const middle = at === maxWidth ? maxWidth - 1 : maxWidth >> 1
      this.#split = { owner: this.#owner, leaf: true, keys: leaf.keys.splice(middle), values: leaf.values.splice(middle) }
    }
    return leaf
  }

  #splitInner(inner: Inner<V>, atEnd: boolean): void {
    const middle = atEnd ? maxWidth - 1 : maxWidth >> 1
    const right: Inner<V> = {
      owner: this.#owner,
      leaf: false,
      keys: inner.keys.splice(middle),
      children: inner.children.splice(middle),
      size: 0,
    }
    for (const child of right.children) right.size += sizeOf(child)
    inner.size -= right.size
    this.#split = right
  }

  #remove(node: Node<V>, key: string): Node<V> {
    if (node.leaf) {
      const leaf = this.#ownLeaf(node)
      const at = lowerBound(leaf.keys, key)
      leaf.keys.splice(at, 1)
      leaf.values.splice(at, 1)
      return leaf
    }
    const own = this.#ownInner(node)
    const at = childIndex(own.keys, key)
    own.children[at] = this.#remove(own.children[at]!, key)
    own.size--
    if (widthOf(own.children[at]!) < minWidth) this.#merge(own, at)
    return own
  }

  /** Joins a thin child with a neighbour if both fit into one node with room to grow; drops an empty one. */
  #merge(parent: Inner<V>, thin: number): void {
    const at = thin > 0 ? thin - 1 : 0
    const left = parent.children[at]
    const right = parent.children[at + 1]
    if (!left || !right || widthOf(left) + widthOf(right) > maxWidth - minWidth) return
    parent.children[at] = this.#concat(left, right, parent.keys[at + 1]!)
    parent.children.splice(at + 1, 1)
    parent.keys.splice(at + 1, 1)
  }

  #concat(left: Node<V>, right: Node<V>, bound: string): Node<V> {
    if (left.leaf && right.leaf) {
      return { owner: this.#owner, leaf: true, keys: left.keys.concat(right.keys), values: left.values.concat(right.values) }
    }
    const [a, b] = [left as Inner<V>, right as Inner<V>]
    const keys = a.keys.concat(b.keys)
    keys[a.keys.length] = bound
    return { owner: this.#owner, leaf: false, keys, children: a.children.concat(b.children), size: a.size + b.size }
  }

  #join(left: Node<V>, right: Node<V>): Inner<V> {
    const size = sizeOf(left) + sizeOf(right)
    return { owner: this.#owner, leaf: false, keys: [left.keys[0] ?? '', right.keys[0]!], children: [left, right], size }
  }

  #ownLeaf(node: Leaf<V>): Leaf<V> {
    if (node.owner === this.#owner) return node
    return { owner: this.#owner, leaf: true, keys: node.keys.slice(), values: node.values.slice() }
  }

  #ownInner(node: Inner<V>): Inner<V> {
    if (node.owner === this.#owner) return node
    return { owner: this.#owner, leaf: false, keys: node.keys.slice(), children: node.children.slice(), size: node.size }
  }
}

/** The first key after every key that starts with `prefix`; undefined when there is none. */
export function prefixEnd(prefix: string): string | undefined {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const code = prefix.charCodeAt(at)
    if (code < 0xffff) return prefix.slice(0, at) + String.fromCharCode(code + 1)
  }
  return undefined
}

function collect<V>(node: Node<V>, start: string, end: string | undefined, limit: number, out: V[]): boolean {
  if (!node.leaf) {
    for (let i = childIndex(node.keys, start); i < node.children.length; i++) {
      if (!collect(node.children[i]!, start, end, limit, out)) return false
    }
    return true
  }
  for (let i = lowerBound(node.keys, start); i < node.keys.length; i++) {
    if (out.length >= limit || (end !== undefined && node.keys[i]! >= end)) return false
    out.push(node.values[i]!)
  }
  return true
}

function sizeOf<V>(node: Node<V>): number {
  return node.leaf ? node.keys.length : node.size
}

function widthOf<V>(node: Node<V>): number {
  return node.keys.length
}

/** Index of the first key >= `key`. */
function lowerBound(keys: string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the child in which `key` is, or would be. */
function childIndex(keys: string[], key: string): number {
  let low = 1
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! <= key) low = middle + 1
    else high = middle
  }
  return low - 1
}
