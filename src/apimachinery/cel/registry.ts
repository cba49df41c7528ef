// How CEL functions are told to the compiler: by name, with the numbers of arguments they take (the receiver of a method is the first).
import { Duration, isList, type ListValue, noOverload, Opaque, type Value } from './values.ts'

export type Spend = (steps: number) => void

export interface CelFunction {
  least: number
  most: number
  call: (args: readonly Value[], spend: Spend) => Value
}

export type Library = Readonly<Record<string, CelFunction>>

/** A function of exactly, or of between, these numbers of arguments. */
export function fn(count: number | readonly [number, number], call: CelFunction['call']): CelFunction {
  const [least, most] = typeof count === 'number' ? [count, count] : count
  return { least, most, call }
}

/** The argument as a string, counted as Kubernetes counts a walk through it. Throws for other types. */
export function text(value: Value | undefined, spend?: Spend): string {
  if (typeof value !== 'string') throw noOverload()
  spend?.(value.length / 10)
  return value
}

/** The argument as a number of this machine: an index, a count. */
export function index(value: Value | undefined): number {
  if (typeof value !== 'bigint') throw noOverload()
  return Number(value)
}

export function list(value: Value | undefined, spend?: Spend): ListValue {
  if (value === undefined || !isList(value)) throw noOverload()
  spend?.(value.length)
  return value
}

export function durationOf(value: Value | undefined): Duration {
  if (!(value instanceof Duration)) throw noOverload()
  return value
}

/** The content of a value of a Kubernetes library. */
export function opaque<T>(value: Value | undefined, type: string): T {
  if (!(value instanceof Opaque) || value.type !== type) throw noOverload()
  return value.value as T
}
