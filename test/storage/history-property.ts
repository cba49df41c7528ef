// Random histories against a model that keeps a full copy of the state at every revision.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Entry, Storage, WriteResult } from '../../src/storage/storage.ts'
import { bytes, collect, text } from './observe.ts'

interface Step {
  kind: 'create' | 'update' | 'delete'
  key: string
  /** Update and delete with a revision that is not the entry's. */
  stale: boolean
}

interface Model {
  start: number
  /** states[n] is the state at revision start + n; values as text. */
  states: Map<string, Flat>[]
  /** changes[n] made states[n + 1]. */
  changes: string[]
}

type Flat = { value: string; createRevision: number; modRevision: number }

const step = fc.record({
  kind: fc.constantFrom<Step['kind'][]>('create', 'update', 'update', 'delete'),
  key: fc.constantFrom('/a/1', '/a/2', '/a/20', '/a0', '/b/1', '/b/2'),
  stale: fc.boolean(),
})

/** Runs random histories on the store, one after the other, and compares everything that can be read with the model. */
export async function historyProperty(storage: Storage): Promise<void> {
  const histories = fc.array(fc.array(step, { maxLength: 12 }), { maxLength: 15 })
  const probe = fc.record({
    at: fc.nat(),
    prefix: fc.constantFrom('', '/a', '/a/', '/a/2', '/b/', '/c'),
    start: fc.constantFrom(undefined, '/', '/a/1', '/a/1\0', '/a/2', '/z'),
    limit: fc.integer({ min: 0, max: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(histories, fc.array(probe, { minLength: 8, maxLength: 8 }), async (groups, probes) => {
      const model = await startModel(storage)
      for (const group of groups) await runGroup(storage, model, group)
      for (const { at, prefix, start, limit } of probes) {
        const index = at % model.states.length
        await checkList(storage, model, index, prefix, start, limit)
        await checkGets(storage, model, index)
        await checkWatch(storage, model, index, prefix)
      }
    }),
    { numRuns: 25 },
  )
}

async function startModel(storage: Storage): Promise<Model> {
  const { entries, revision } = await storage.list('')
  return { start: revision, states: [new Map(entries.map((entry) => [entry.key, flat(entry)]))], changes: [] }
}

/** Issues the steps at once, without waiting: they must be decided in the order of issue. */
async function runGroup(storage: Storage, model: Model, steps: Step[]): Promise<void> {
  const wants: (number | undefined)[] = []
  const results: Promise<WriteResult>[] = []
  for (const { kind, key, stale } of steps) {
    const before = model.states.at(-1)!
    const current = before.get(key)
    const revision = model.start + model.states.length
    const expected = (current?.modRevision ?? 1) - (stale ? 1 : 0)
    const allowed = kind === 'create' ? !current : current !== undefined && !stale
    const value = `${kind} ${revision}`
    results.push(
      kind === 'create'
        ? storage.create(key, bytes(value))
        : kind === 'update'
          ? storage.update(key, bytes(value), expected)
          : storage.delete(key, expected),
    )
    wants.push(allowed ? revision : undefined)
    if (!allowed) continue
    const after = new Map(before)
    if (kind === 'delete') after.delete(key)
    else after.set(key, { value, createRevision: current?.createRevision ?? revision, modRevision: revision })
    model.states.push(after)
    model.changes.push(`${kind === 'delete' ? 'delete' : 'put'} ${key} ${revision} ${after.get(key)?.value} was ${current?.value}`)
  }
  const got = await Promise.all(results)
  assert.deepEqual(
    got.map((result) => (result.ok ? result.revision : undefined)),
    wants,
  )
}

async function checkGets(storage: Storage, model: Model, index: number): Promise<void> {
  for (const key of ['/a/1', '/a/20', '/b/2']) {
    const { entry } = await storage.get(key, { revision: model.start + index })
    assert.deepEqual(entry && flat(entry), model.states[index]!.get(key))
  }
}

async function checkList(
  storage: Storage,
  model: Model,
  index: number,
  prefix: string,
  start: string | undefined,
  limit: number,
): Promise<void> {
  const revision = model.start + index
  const keys = [...model.states[index]!.keys()].filter((key) => key.startsWith(prefix) && key >= (start ?? prefix)).sort()
  const got = await storage.list(prefix, { revision, limit, ...(start === undefined ? {} : { start }) })
  const want = limit === 0 ? keys : keys.slice(0, limit)
  assert.equal(got.revision, revision)
  assert.deepEqual(
    got.entries.map((entry) => [entry.key, flat(entry)]),
    want.map((key) => [key, model.states[index]!.get(key)]),
  )
  assert.equal(got.more?.remaining ?? 0, keys.length - want.length)
}

async function checkWatch(storage: Storage, model: Model, index: number, prefix: string): Promise<void> {
  const want = model.changes.slice(index).filter((change) => change.split(' ')[1]!.startsWith(prefix))
  if (want.length === 0) return
  const events = await collect(storage, prefix, model.start + index, want.length)
  assert.deepEqual(
    events.map((event) => `${event.type} ${event.key} ${event.revision} ${text(event.value)} was ${text(event.previous?.value)}`),
    want,
  )
}

function flat(entry: Entry): Flat {
  return { value: text(entry.value)!, createRevision: entry.createRevision, modRevision: entry.modRevision }
}
