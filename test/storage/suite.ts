// What every storage must do, as one table of behaviours. An implementation that cannot do one declares the gap with its
// reason; a declared gap must really fail, so that a closed one is noticed.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CompactedError, FutureRevisionError, type Storage, type StorageEvent, UnavailableError } from '../../src/storage/storage.ts'
import { historyProperty } from './history-property.ts'
import { bytes, collect, expectOk, text } from './observe.ts'

/** A behaviour which an implementation does not have, and why. */
export interface Gap {
  test: string
  reason: string
}

interface Behaviour {
  name: string
  run(storage: Storage): Promise<void>
}

/** Runs all behaviours, each against a fresh store from `open`, which is closed afterwards. */
export function storageSuite(implementation: string, open: () => Promise<Storage>, gaps: readonly Gap[] = []): void {
  for (const gap of gaps)
    assert.ok(
      behaviours.some(({ name }) => name === gap.test),
      `no such behaviour: ${gap.test}`,
    )
  describe(implementation, { concurrency: 4 }, () => {
    for (const { name, run } of behaviours) {
      const gap = gaps.find((candidate) => candidate.test === name)
      test(gap ? `${name} (gap: ${gap.reason})` : name, async () => {
        const storage = await open()
        try {
          if (gap) await assert.rejects(run(storage), `the gap is closed, remove it: ${gap.reason}`)
          else await run(storage)
        } finally {
          await storage.close()
        }
      })
    }
  })
}

const behaviours: Behaviour[] = [
  {
    name: 'an empty store has a revision above zero, and no entries',
    async run(storage) {
      assert.ok((await storage.currentRevision()) > 0)
      assert.deepEqual((await storage.list('')).entries, [])
      assert.equal((await storage.get('/a')).entry, undefined)
    },
  },
  {
    name: 'every write takes the next revision',
    async run(storage) {
      const start = await storage.currentRevision()
      const created = expectOk(await storage.create('/a', bytes('1')))
      const updated = expectOk(await storage.update('/a', bytes('2'), created))
      const deleted = expectOk(await storage.delete('/a', updated))
      assert.deepEqual([created, updated, deleted], [start + 1, start + 2, start + 3])
      assert.equal(await storage.currentRevision(), deleted)
    },
  },
  {
    name: 'an entry keeps its creation revision until it is deleted',
    async run(storage) {
      const created = expectOk(await storage.create('/a', bytes('1')))
      const updated = expectOk(await storage.update('/a', bytes('2'), created))
      const { entry } = await storage.get('/a')
      assert.deepEqual([entry?.createRevision, entry?.modRevision, text(entry?.value)], [created, updated, '2'])
      expectOk(await storage.delete('/a', updated))
      const again = expectOk(await storage.create('/a', bytes('3')))
      assert.equal((await storage.get('/a')).entry?.createRevision, again)
    },
  },
  {
    name: 'an empty value is a value',
    async run(storage) {
      const revision = expectOk(await storage.create('/a', bytes('')))
      assert.equal((await storage.get('/a', { revision })).entry?.value.byteLength, 0)
    },
  },
  {
    name: 'a refused write changes nothing and tells what is stored',
    async run(storage) {
      const first = expectOk(await storage.create('/a', bytes('1')))
      for (const result of [
        await storage.create('/a', bytes('x')),
        await storage.update('/a', bytes('x'), first - 1),
        await storage.update('/a', bytes('x'), 0),
        await storage.delete('/a', first + 1),
      ]) {
        assert.ok(!result.ok)
        assert.deepEqual([result.current?.modRevision, text(result.current?.value)], [first, '1'])
      }
      assert.deepEqual(await storage.update('/none', bytes('x'), first), { ok: false, current: undefined })
      assert.deepEqual(await storage.delete('/none', 0), { ok: false, current: undefined })
      assert.equal(await storage.currentRevision(), first)
    },
  },
  {
    name: 'of many concurrent compare-and-swaps exactly one wins',
    async run(storage) {
      const first = expectOk(await storage.create('/a', bytes('0')))
      const results = await Promise.all(Array.from({ length: 20 }, (_, n) => storage.update('/a', bytes(`${n}`), first)))
      const winners = results.filter((result) => result.ok)
      assert.equal(winners.length, 1)
      assert.equal((await storage.get('/a')).entry?.modRevision, expectOk(winners[0]!))
    },
  },
  {
    name: 'an acknowledged write is seen by every later read',
    async run(storage) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const revision = expectOk(await storage.create(`/k/${n}`, bytes('v')))
          assert.equal((await storage.get(`/k/${n}`)).entry?.modRevision, revision)
          assert.ok((await storage.currentRevision()) >= revision)
        }),
      )
      assert.equal((await storage.list('/k/')).entries.length, 50)
    },
  },
  {
    name: 'a list is in key order and holds only its prefix',
    async run(storage) {
      for (const key of ['/b/2', '/a/1', '/b/1', '/b0', '/c/1', '/b/10']) expectOk(await storage.create(key, bytes(key)))
      const keys = async (prefix: string) => (await storage.list(prefix)).entries.map(({ key }) => key)
      assert.deepEqual(await keys('/b/'), ['/b/1', '/b/10', '/b/2'])
      assert.deepEqual(await keys('/b'), ['/b/1', '/b/10', '/b/2', '/b0'])
      assert.deepEqual(await keys('/d'), [])
      assert.equal((await keys('')).length, 6)
    },
  },
  {
    name: 'a limited list can be continued at the same revision, whatever happens in between',
    async run(storage) {
      for (let n = 0; n < 7; n++) expectOk(await storage.create(`/p/${n}`, bytes(`${n}`)))
      expectOk(await storage.create('/q/0', bytes('other')))
      const first = await storage.list('/p/', { limit: 3 })
      assert.equal(first.more?.remaining, 4)
      expectOk(await storage.create('/p/35', bytes('new')))
      expectOk(await storage.delete('/p/4', (await storage.get('/p/4')).entry!.modRevision))
      const second = await storage.list('/p/', { limit: 3, start: first.more!.next, revision: first.revision })
      const third = await storage.list('/p/', { limit: 3, start: second.more!.next, revision: first.revision })
      const all = [...first.entries, ...second.entries, ...third.entries]
      assert.deepEqual(
        all.map(({ key }) => key),
        Array.from({ length: 7 }, (_, n) => `/p/${n}`),
      )
      assert.equal(second.more?.remaining, 1)
      assert.equal(third.more, undefined)
      assert.deepEqual([second.revision, third.revision], [first.revision, first.revision])
    },
  },
  {
    name: 'a limit that takes everything leaves nothing to continue; a limit of 0 is none',
    async run(storage) {
      for (let n = 0; n < 3; n++) expectOk(await storage.create(`/p/${n}`, bytes('')))
      assert.equal((await storage.list('/p/', { limit: 3 })).more, undefined)
      assert.equal((await storage.list('/p/', { limit: 0 })).entries.length, 3)
    },
  },
  {
    name: 'reading a revision that does not exist yet is refused',
    async run(storage) {
      const revision = (await storage.currentRevision()) + 1
      await assert.rejects(storage.get('/a', { revision }), FutureRevisionError)
      await assert.rejects(storage.list('/', { revision }), FutureRevisionError)
      await assert.rejects(storage.compact(revision), FutureRevisionError)
    },
  },
  {
    name: 'a watch resumes after any revision, with the previous entries, and nothing of other prefixes',
    async run(storage) {
      const start = await storage.currentRevision()
      const created = expectOk(await storage.create('/a/1', bytes('1')))
      expectOk(await storage.create('/b/1', bytes('other')))
      const updated = expectOk(await storage.update('/a/1', bytes('2'), created))
      const deleted = expectOk(await storage.delete('/a/1', updated))
      const line = (event: StorageEvent) => `${event.type} ${event.revision} ${text(event.value)} was ${text(event.previous?.value)}`
      const want = [`put ${created} 1 was undefined`, `put ${updated} 2 was 1`, `delete ${deleted} undefined was 2`]
      assert.deepEqual((await collect(storage, '/a/', start, 3)).map(line), want)
      assert.deepEqual((await collect(storage, '/a/', created, 2)).map(line), want.slice(1))
    },
  },
  {
    name: 'a watch sees each later change once and in order',
    async run(storage) {
      const start = await storage.currentRevision()
      const seen = collect(storage, '/w/', start, 100)
      await Promise.all(Array.from({ length: 100 }, (_, n) => storage.create(`/w/${n}`, bytes(`${n}`))))
      const revisions = (await seen).map(({ revision }) => revision)
      assert.deepEqual(
        revisions,
        Array.from({ length: 100 }, (_, n) => start + 1 + n),
      )
    },
  },
  {
    name: 'a watch after a future revision waits, and gets no older events',
    async run(storage) {
      const start = await storage.currentRevision()
      const seen = collect(storage, '/w/', start + 5, 2)
      for (let n = 0; n < 7; n++) expectOk(await storage.create(`/w/${n}`, bytes('')))
      assert.deepEqual(
        (await seen).map(({ revision }) => revision),
        [start + 6, start + 7],
      )
    },
  },
  {
    name: 'an aborted watch ends without an error',
    async run(storage) {
      const afterRevision = await storage.currentRevision()
      const abort = new AbortController()
      const watch = storage.watch({ prefix: '', afterRevision, signal: abort.signal })[Symbol.asyncIterator]()
      const next = watch.next()
      setImmediate(() => abort.abort())
      assert.equal((await next).done, true)
    },
  },
  {
    name: 'compaction refuses what is older and keeps what is newer',
    async run(storage) {
      let revision = expectOk(await storage.create('/a', bytes('0')))
      const revisions = [revision]
      for (let n = 1; n < 200; n++) revisions.push((revision = expectOk(await storage.update('/a', bytes(`${n}`), revision))))
      expectOk(await storage.create('/gone', bytes('')))
      const border = revisions[150]!
      await storage.compact(border)
      await storage.compact(border - 10)
      assert.equal(text((await storage.get('/a', { revision: border })).entry?.value), '150')
      const compacted = (error: unknown) => error instanceof CompactedError && error.compactRevision === border
      await assert.rejects(storage.get('/a', { revision: border - 1 }), compacted)
      await assert.rejects(storage.list('/', { revision: 1 }), compacted)
      await assert.rejects(collect(storage, '/', border - 1, 1), compacted)
      assert.equal((await collect(storage, '/a', border, 49)).length, 49)
      assert.equal(text((await storage.get('/a')).entry?.value), '199')
    },
  },
  {
    name: 'closing answers the writes in flight, ends watches, and refuses the rest',
    async run(storage) {
      const watch = collect(storage, '', (await storage.currentRevision()) + 100, 1)
      const ended = assert.rejects(watch, UnavailableError)
      const write = storage.create('/a', bytes('1'))
      await storage.close()
      assert.ok((await write).ok)
      await ended
      await assert.rejects(storage.create('/b', bytes('')), UnavailableError)
      await assert.rejects(storage.get('/a'), UnavailableError)
      await assert.rejects(storage.currentRevision(), UnavailableError)
    },
  },
  { name: 'every read and every watch agrees with a naive model', run: historyProperty },
]
