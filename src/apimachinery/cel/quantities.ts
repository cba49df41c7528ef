// Kubernetes' CEL libraries of quantities and semantic versions. Names: k8s.io/apiserver/pkg/cel/library.
import {
  addQuantities,
  compareQuantities,
  isQuantity,
  parseQuantity,
  type Quantity,
  QuantityError,
  quantityOf,
  quantityText,
  subtractQuantities,
} from '../quantity.ts'
import { fn, type Library, opaque, text } from './registry.ts'
import { CelError, noOverload, Opaque, type Value } from './values.ts'

/** Names that quantities and versions share are told apart by their receiver (shared.ts). */
export const quantityType = 'kubernetes.Quantity'

const billion = 1_000_000_000n

function quantity(value: Quantity): Opaque {
  return new Opaque(
    quantityType,
    Object.assign({ ...value }, { text: quantityText(value) }),
    (a, b) => compareQuantities(a as Quantity, b as Quantity) === 0,
  )
}

/** The quantity of a value; an int counts whole units. */
export function quantityIn(value: Value | undefined): Quantity {
  if (typeof value === 'bigint') return quantityOf(value)
  const { nano, format } = opaque<Quantity>(value, quantityType)
  return { nano, format }
}

function whole(value: Value | undefined): bigint | undefined {
  const { nano } = quantityIn(value)
  const units = nano / billion
  return nano % billion === 0n && units >= -(2n ** 63n) && units < 2n ** 63n ? units : undefined
}

export const quantityFunctions: Library = {
  quantity: fn(1, ([value], spend) => {
    try {
      return quantity(parseQuantity(text(value, spend)))
    } catch (error) {
      if (error instanceof QuantityError) throw new CelError(error.message)
      throw error
    }
  }),
  isQuantity: fn(1, ([value], spend) => isQuantity(text(value, spend))),
}

export const quantityMethods: Library = {
  sign: fn(1, ([value]) => {
    const { nano } = quantityIn(value)
    return nano > 0n ? 1n : nano < 0n ? -1n : 0n
  }),
  isInteger: fn(1, ([value]) => whole(value) !== undefined),
  asInteger: fn(1, ([value]) => {
    const units = whole(value)
    if (units === undefined) throw new CelError('cannot convert value to integer')
    return units
  }),
  asApproximateFloat: fn(1, ([value]) => Number(quantityIn(value).nano) / 1e9),
  add: fn(2, ([a, b]) => quantity(addQuantities(quantityIn(a), quantityIn(b)))),
  sub: fn(2, ([a, b]) => quantity(subtractQuantities(quantityIn(a), quantityIn(b)))),
}

/** -1, 0 or 1. */
export function quantityOrder(a: Value | undefined, b: Value | undefined): bigint {
  if (!(a instanceof Opaque)) throw noOverload()
  return BigInt(compareQuantities(quantityIn(a), quantityIn(b)))
}
