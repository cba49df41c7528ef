// Gives the event loop back between the steps of a long piece of work, so that one large object never holds up everybody else.

/** A turn that has lasted this long is interrupted at the next step. */
const turnMs = 10

let turnBegan: number | undefined

/** Undefined while the present turn of the event loop is young; else a promise of the next turn. Await it between two steps of a request. */
export function breathe(): Promise<void> | undefined {
  const now = performance.now()
  if (turnBegan === undefined) {
    turnBegan = now
    setImmediate(endTurn)
    return undefined
  }
  if (now - turnBegan < turnMs) return undefined
  return new Promise((resolve) => setImmediate(resolve))
}

function endTurn(): void {
  turnBegan = undefined
}
