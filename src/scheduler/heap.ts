// A binary heap of keyed items: the least first, any removable by its key.

export class Heap<T extends { readonly uid: string }> {
  readonly #before: (a: T, b: T) => boolean
  readonly #items: T[] = []
  readonly #places = new Map<string, number>()

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  has(uid: string): boolean {
    return this.#places.has(uid)
  }

  get(uid: string): T | undefined {
    const place = this.#places.get(uid)
    return place === undefined ? undefined : this.#items[place]
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  /** Adds an item, or moves one with the same uid to where it now belongs. */
  push(item: T): void {
    const place = this.#places.get(item.uid) ?? this.#items.length
    this.#set(place, item)
    this.#settle(place)
  }

  pop(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.remove(first.uid)
    return first
  }

  remove(uid: string): T | undefined {
    const place = this.#places.get(uid)
    if (place === undefined) return undefined
    const item = this.#items[place]
    const last = this.#items.pop()!
    this.#places.delete(uid)
    if (place < this.#items.length) {
      this.#set(place, last)
      this.#settle(place)
    }
    return item
  }

  #set(place: number, item: T): void {
    this.#items[place] = item
    this.#places.set(item.uid, place)
  }

  #settle(start: number): void {
    let place = start
    const item = this.#items[place]!
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#before(item, this.#items[parent]!)) break
      this.#set(place, this.#items[parent]!)
      place = parent
    }
    for (;;) {
      let child = 2 * place + 1
      if (child >= this.#items.length) break
      if (child + 1 < this.#items.length && this.#before(this.#items[child + 1]!, this.#items[child]!)) child++
      if (!this.#before(this.#items[child]!, item)) break
      this.#set(place, this.#items[child]!)
      place = child
    }
    this.#set(place, item)
  }
}
