// What all fuzz tests share: how many runs and from which seed, what may be thrown, and how bytes are spoiled.
// FUZZ_RUNS=1000000 FUZZ_SEED=7 node --test 'test/fuzz/*.test.ts' makes a long run; without them the runs are few and the same each time.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import fc from 'fast-check'
import { builtinKinds } from '../../src/api/index.ts'
import { ApiError } from '../../src/apimachinery/api-error.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import { schemaOf } from '../../src/apimachinery/schema/from-openapi.ts'
import type { Schema } from '../../src/apimachinery/schema/schema.ts'
import { arbitraryOf } from '../apimachinery/protobuf/arbitrary.ts'

const asked = process.env['FUZZ_RUNS']
/** Nothing that a small input asks for takes this long. */
const maxInputMs = 100

/** Checks a property: `runs` times, or as often as the environment says. The seed is printed. */
export function fuzz<T>(t: TestContext, runs: number, arbitrary: fc.Arbitrary<T>, check: (input: T) => void): void {
  const seed = Number(process.env['FUZZ_SEED'] ?? (asked === undefined ? 20260301 : Date.now() % 2 ** 31))
  const numRuns = asked === undefined ? runs : Number(asked)
  t.diagnostic(`seed ${seed}, ${numRuns} runs`)
  let inputs = 0
  const timed = (input: T) => {
    inputs++
    const before = process.threadCpuUsage()
    check(input)
    const { user, system } = process.threadCpuUsage(before)
    // The first inputs also pay for compilation.
    if (inputs > 20) assert.ok((user + system) / 1000 < maxInputMs, `took ${(user + system) / 1000} ms`)
  }
  fc.assert(fc.property(arbitrary, timed), { numRuns, seed, verbose: false })
}

/** Runs `act`; undefined when it refuses in one of the expected ways. Anything else thrown is a bug. */
export function refusable<T>(act: () => T, ...refusals: (new (...args: never[]) => Error)[]): T | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof ApiError || refusals.some((type) => error instanceof type)) return undefined
    throw error
  }
}

/** A kind with the schema of its stored version. */
export interface SchemaOfKind {
  kind: Kind
  schema: Schema
}

const all: SchemaOfKind[] = builtinKinds.map((kind) => ({ kind, schema: schemaOf(kind.schemaName) }))
const made = new Map<Kind, fc.Arbitrary<Record<string, unknown>>>()

function objectOf({ kind, schema }: SchemaOfKind): fc.Arbitrary<Record<string, unknown>> {
  let known = made.get(kind)
  if (known === undefined) {
    known = arbitraryOf(schema).map((object) => ({ ...object, kind: kind.kind, apiVersion: kind.apiVersion }))
    made.set(kind, known)
  }
  return known
}

/** A kind and a random object of it that fits its schema. */
export const kindAndObject: fc.Arbitrary<SchemaOfKind & { object: Record<string, unknown> }> = fc
  .constantFrom(...all)
  .chain((entry) => objectOf(entry).map((object) => ({ ...entry, object })))

/** A kind and two random objects of it. */
export const kindAndObjects: fc.Arbitrary<SchemaOfKind & { object: Record<string, unknown>; other: Record<string, unknown> }> = fc
  .constantFrom(...all)
  .chain((entry) => fc.tuple(objectOf(entry), objectOf(entry)).map(([object, other]) => ({ ...entry, object, other })))

const key = fc.oneof(
  fc.constantFrom('metadata', 'spec', 'name', 'containers', '$patch', '$retainKeys', '__proto__', 'constructor', 'labels', 'data', ''),
  fc.string({ maxLength: 4 }),
)

/** Any JSON value, with the keys and words that make trouble. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(null, '', 'a', '__proto__', 0, -1, 1.5, 1e300, 2 ** 53, 9007199254740993n, true, 'delete', 'replace', 'merge'),
    fc.string({ maxLength: 5 }),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('any')), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
  ),
})).any

interface Spoiling {
  at: number
  how: 'flip' | 'cut' | 'repeat' | 'insert' | 'end'
  byte: number
}

const spoilings = fc.array(
  fc.record<Spoiling>({
    at: fc.nat(1 << 16),
    how: fc.constantFrom('flip', 'cut', 'repeat', 'insert', 'end'),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]",:\\-e0\n &*!|>%#?\0\xff'))),
  }),
  { maxLength: 4 },
)

/** Bytes made by `text`, spoiled in a few places. */
export function spoiled(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> {
  return fc.tuple(bytes, spoilings).map(([given, changes]) => changes.reduce(spoil, Buffer.from(given)))
}

function spoil(bytes: Buffer, { at, how, byte }: Spoiling): Buffer {
  const place = bytes.length === 0 ? 0 : at % bytes.length
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)]
  if (how === 'flip') return Buffer.concat([before, Buffer.from([byte]), after.subarray(1)])
  if (how === 'cut') return Buffer.concat([before, after.subarray(1 + (byte % 8))])
  if (how === 'repeat') return Buffer.concat([before, after.subarray(0, byte), after])
  if (how === 'insert') return Buffer.concat([before, Buffer.from([byte]), after])
  return Buffer.from(before)
}
