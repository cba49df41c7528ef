// The embedded store: the common suite in memory and on disk, then what only it can do (reopen, lock, fork, disk errors).
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { openEmbedded } from '../../src/storage/embedded/embedded.ts'
import { CompactedError, SlowConsumerError, UnavailableError } from '../../src/storage/storage.ts'
import { bytes, collect, expectOk, text } from './observe.ts'
import { storageSuite } from './suite.ts'

const root = mkdtempSync(join(tmpdir(), 'k8ts-storage-'))
after(() => rmSync(root, { recursive: true }))
let directories = 0
const newDirectory = () => join(root, `${directories++}`, 'data')

storageSuite('embedded, in memory', () => openEmbedded({ path: undefined }))
storageSuite('embedded, on disk', () => openEmbedded({ path: newDirectory() }))

test('a reopened store has its state, revisions and history back', async () => {
  const path = newDirectory()
  const first = await openEmbedded({ path })
  const created = expectOk(await first.create('/a', bytes('1')))
  const updated = expectOk(await first.update('/a', bytes('2'), created))
  const gone = expectOk(await first.create('/gone', bytes('')))
  const deleted = expectOk(await first.delete('/gone', gone))
  await first.close()

  const second = await openEmbedded({ path })
  assert.equal(await second.currentRevision(), deleted)
  assert.deepEqual((await second.get('/a')).entry, { key: '/a', value: bytes('2'), createRevision: created, modRevision: updated })
  assert.equal(text((await second.get('/a', { revision: created })).entry?.value), '1')
  assert.equal((await second.get('/gone', { revision: gone })).entry?.value.byteLength, 0)
  assert.equal((await second.get('/gone')).entry, undefined)
  assert.equal((await collect(second, '', created - 1, 4)).length, 4)
  assert.equal(expectOk(await second.create('/b', bytes(''))), deleted + 1)
  await second.close()
})

test('a compacted store, reopened, is the same, and its log holds only what can be read', async () => {
  const path = newDirectory()
  const first = await openEmbedded({ path })
  let revision = expectOk(await first.create('/a', bytes('0')))
  for (let n = 1; n < 300; n++) revision = expectOk(await first.update('/a', bytes(`${n}`), revision))
  const gone = expectOk(await first.create('/gone', bytes('')))
  const deleted = expectOk(await first.delete('/gone', gone))
  await first.compact(deleted)
  await first.close()
  const db = new DatabaseSync(join(path, 'store.db'))
  assert.equal(db.prepare('SELECT count(*) AS n FROM log').get()?.['n'], 1)
  db.close()

  const second = await openEmbedded({ path })
  assert.equal(await second.currentRevision(), deleted)
  assert.deepEqual(
    (await second.list('')).entries.map(({ key, modRevision }) => [key, modRevision]),
    [['/a', revision]],
  )
  await assert.rejects(
    second.get('/a', { revision: revision - 1 }),
    (error) => error instanceof CompactedError && error.compactRevision === deleted,
  )
  await second.close()
})

test('what a cut-off compaction left behind is not resurrected, and goes with the next one', async () => {
  const path = newDirectory()
  const first = await openEmbedded({ path })
  const created = expectOk(await first.create('/a', bytes('1')))
  const updated = expectOk(await first.update('/a', bytes('2'), created))
  const deleted = expectOk(await first.delete('/a', updated))
  await first.close()
  const db = new DatabaseSync(join(path, 'store.db'))
  db.exec(`UPDATE meta SET value = ${deleted} WHERE name = 'compactRevision'; DELETE FROM log WHERE revision = ${created}`)
  db.close()

  const second = await openEmbedded({ path })
  assert.deepEqual((await second.list('')).entries, [])
  await second.compact(deleted)
  await second.close()
  const swept = new DatabaseSync(join(path, 'store.db'))
  assert.equal(swept.prepare('SELECT count(*) AS n FROM log').get()?.['n'], 0)
  swept.close()
  const third = await openEmbedded({ path })
  assert.equal(await third.currentRevision(), deleted)
  await third.close()
})

test('history is bounded by number without anybody asking, in memory and on disk', async () => {
  const path = newDirectory()
  const storage = await openEmbedded({ path, history: { maxRevisions: 2000 } })
  const value = new Uint8Array(512)
  let revision = expectOk(await storage.create('/a', value))
  for (let n = 0; n < 8000; n += 100) {
    const writes = Array.from({ length: 100 }, () => storage.update('/a', value, revision++))
    for (const result of await Promise.all(writes)) expectOk(result)
  }
  await assert.rejects(storage.get('/a', { revision: revision - 4500 }), CompactedError)
  assert.ok((await storage.get('/a', { revision: revision - 1500 })).entry)
  await storage.close()
  const db = new DatabaseSync(join(path, 'store.db'))
  const rows = db.prepare('SELECT count(*) AS n FROM log').get()?.['n'] as number
  db.close()
  assert.ok(rows < 4500, `${rows} records of 8000 are left`)
})

test('history younger than its age is kept, older is forgotten', async () => {
  let now = 0
  const storage = await openEmbedded({ path: undefined, clock: { now: () => now }, history: { keepMs: 1000 } })
  let revision = expectOk(await storage.create('/a', bytes('')))
  const write = async (count: number) => {
    for (let n = 0; n < count; n++) revision = expectOk(await storage.update('/a', bytes(''), revision))
  }
  await write(2000)
  now = 900
  await write(200)
  assert.ok((await storage.get('/a', { revision: 2 })).entry)
  now = 1500
  await write(1)
  await assert.rejects(storage.get('/a', { revision: 2 }), CompactedError)
  assert.ok((await storage.get('/a', { revision: revision - 150 })).entry)
})

test('a watcher that sleeps is fed from history, and is cut off only when history is gone', async () => {
  const storage = await openEmbedded({ path: undefined, watch: { queueEvents: 10 } })
  const abort = new AbortController()
  const watch = () => storage.watch({ prefix: '/', afterRevision: 1, signal: abort.signal })[Symbol.asyncIterator]()
  const [sleeper, late] = [watch(), watch()]
  const firsts = [sleeper.next(), late.next()]
  let revision = expectOk(await storage.create('/a', bytes('')))
  await Promise.all(firsts)
  for (let n = 0; n < 5000; n++) revision = expectOk(await storage.update('/a', bytes(''), revision))
  const seen: number[] = []
  while (seen.at(-1) !== revision) for (const event of (await sleeper.next()).value!) seen.push(event.revision)
  assert.deepEqual(
    seen,
    Array.from({ length: 5000 }, (_, n) => 3 + n),
  )
  await storage.compact(revision)
  await assert.rejects(late.next(), SlowConsumerError)
  abort.abort()
})

test('a snapshot and a fork see their revision for ever, and a fork goes its own way', async () => {
  const storage = await openEmbedded({ path: undefined })
  const first = expectOk(await storage.create('/a', bytes('1')))
  const second = expectOk(await storage.update('/a', bytes('2'), first))
  const snapshot = storage.snapshot()
  const old = storage.snapshot(first)
  const fork = storage.fork()
  for (let n = 0; n < 200; n++) expectOk(await storage.create(`/more/${n}`, bytes('')))
  await storage.compact(await storage.currentRevision())
  assert.deepEqual([text(snapshot.get('/a')?.value), text(old.get('/a')?.value)], ['2', '1'])
  assert.deepEqual([snapshot.list('').entries.length, snapshot.revision], [1, second])
  assert.equal(expectOk(await fork.update('/a', bytes('fork'), second)), second + 1)
  assert.equal(text((await fork.get('/a', { revision: first })).entry?.value), '1')
  assert.equal((await collect(fork, '', 1, 3)).length, 3)
  assert.equal(text((await storage.get('/a')).entry?.value), '2')
  await fork.close()
})

test('a refusal that rests on an undurable write is told only when that write is durable', async () => {
  const storage = await openEmbedded({ path: newDirectory() })
  const write = storage.create('/a', bytes('1'))
  const order: string[] = []
  const refused = storage.create('/a', bytes('2')).then((result) => {
    order.push('refused')
    return result
  })
  void write.then(() => order.push('written'))
  assert.equal((await storage.get('/a')).entry, undefined)
  const result = await refused
  assert.ok(!result.ok)
  assert.equal(text(result.current?.value), '1')
  assert.deepEqual(order, ['written', 'refused'])
  assert.ok((await storage.get('/a')).entry)
  await storage.close()
})

test('the queue of undurable writes is bounded', async () => {
  const storage = await openEmbedded({ path: newDirectory(), pending: { writes: 10 } })
  const results = await Promise.allSettled(Array.from({ length: 12 }, (_, n) => storage.create(`/${n}`, bytes(''))))
  assert.deepEqual(
    results.map(({ status }) => status),
    [...Array(10).fill('fulfilled'), 'rejected', 'rejected'],
  )
  assert.ok((await storage.create('/after', bytes(''))).ok)
  await storage.close()
})

test('only the owner may read the files', async () => {
  const path = newDirectory()
  const storage = await openEmbedded({ path })
  expectOk(await storage.create('/a', bytes('')))
  assert.equal(statSync(path).mode & 0o777, 0o700)
  for (const name of readdirSync(path)) assert.equal(statSync(join(path, name)).mode & 0o777, 0o600, name)
  await storage.close()
})

test('a log with a missing revision is refused', async () => {
  const path = newDirectory()
  const first = await openEmbedded({ path })
  for (let n = 0; n < 5; n++) expectOk(await first.create(`/${n}`, bytes('')))
  await first.close()
  const db = new DatabaseSync(join(path, 'store.db'))
  db.exec('DELETE FROM log WHERE revision = 4')
  db.close()
  await assert.rejects(openEmbedded({ path }), (error) => error instanceof UnavailableError && /revision 4 is missing/.test(error.message))
})

test('a file that is no store is refused', async () => {
  const path = newDirectory()
  const first = await openEmbedded({ path })
  await first.close()
  const db = new DatabaseSync(join(path, 'store.db'))
  db.exec("UPDATE meta SET value = 99 WHERE name = 'format'")
  db.close()
  await assert.rejects(openEmbedded({ path }), /has format 99, this program knows 1/)
})

const run = promisify(execFile)
const openScript = `const { openEmbedded } = await import(${JSON.stringify(import.meta.resolve('../../src/storage/embedded/embedded.ts'))})`

test('a second process on the same directory is refused, here and there', async () => {
  const path = newDirectory()
  const storage = await openEmbedded({ path })
  await assert.rejects(openEmbedded({ path }), /is in use by another process/)
  const script = `${openScript}; await openEmbedded({ path: process.argv[1] }).then(() => console.log('opened'), (error) => console.log(error.message))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, path])
  assert.match(stdout, /is in use by another process/)
  await storage.close()
})

test('after a disk error pending and further writes fail, nothing acknowledged is lost, and the store reopens', async () => {
  const path = newDirectory()
  const script = `${openScript}
    process.on('SIGXFSZ', () => {})
    const storage = await openEmbedded({ path: process.argv[1] })
    let acknowledged = 0
    try {
      for (;; acknowledged++) await storage.create('/' + acknowledged, new Uint8Array(4096))
    } catch (error) {
      const again = await storage.create('/again', new Uint8Array(1)).catch((error) => error)
      const ready = await storage.currentRevision().catch((error) => error)
      console.log(JSON.stringify({ acknowledged, names: [error.name, again.name, ready.name] }))
    }
    await storage.close()`
  const { stdout } = await run('sh', ['-c', 'ulimit -f 2000; exec "$0" "$@"', process.execPath, '--input-type=module', '-e', script, path])
  const { acknowledged, names } = JSON.parse(stdout) as { acknowledged: number; names: string[] }
  assert.ok(acknowledged > 10)
  assert.deepEqual(names, Array(3).fill('UnavailableError'))
  const storage = await openEmbedded({ path })
  assert.ok((await storage.list('/')).entries.length >= acknowledged)
  assert.ok((await storage.create('/again', bytes(''))).ok)
  await storage.close()
})
