// kill -9 at any moment loses nothing acknowledged: a writing process is killed again and again over the same directory.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openEmbedded } from '../../src/storage/embedded/embedded.ts'
import type { CompactedError, Storage, StorageEvent } from '../../src/storage/storage.ts'
import { seededRandom } from './random.ts'

const lanes = 2
const killsPerLane = 52
const writer = fileURLToPath(new URL('writer.ts', import.meta.url))

/** An acknowledged write. `value` is undefined for a delete, else `label:length`. */
interface Acknowledged {
  revision: number
  key: string
  value: string | undefined
}

/** What must be in the store: the last known change of each key, and the newest revision seen. */
interface Known {
  revision: number
  last: Map<string, Acknowledged>
}

describe('kill -9 loses nothing acknowledged', { concurrency: lanes, timeout: 120_000 }, () => {
  for (let lane = 0; lane < lanes; lane++) {
    const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31)) + lane
    test(`${killsPerLane} kills, seed ${seed}`, async (context) => context.diagnostic(await killRepeatedly(seed)))
  }
})

async function killRepeatedly(seed: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-crash-'))
  const random = seededRandom(seed)
  const known: Known = { revision: 1, last: new Map() }
  let count = 0
  let inFlight = 0
  try {
    for (let kill = 0; kill < killsPerLane; kill++) {
      const acknowledged = await writeUntilKilled(directory, random)
      inFlight += await check(directory, known, acknowledged)
      count += acknowledged.length
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
  assert.ok(count > killsPerLane, 'the writer hardly wrote')
  return `seed ${seed}: ${count} acknowledged writes, all found; ${inFlight} more were in flight and had got to the disk`
}

/** Starts the writer, kills it at a random moment (at times before it is even open), and returns what it acknowledged. */
async function writeUntilKilled(directory: string, random: () => number): Promise<Acknowledged[]> {
  const log = join(directory, 'acknowledged')
  const file = openSync(log, 'w')
  const child = spawn(process.execPath, [writer, directory, String(Math.floor(random() * 2 ** 31))], {
    stdio: ['ignore', 'pipe', 'pipe', file],
  })
  closeSync(file)
  let errors = ''
  let armed = random() < 0.15
  const kill = (delayMs: number) => setTimeout(() => child.kill('SIGKILL'), delayMs)
  if (armed) kill(random() * 300)
  child.stdout!.on('data', () => {
    if (!armed) kill(random() * 80)
    armed = true
  })
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  const signal = await new Promise((resolve) => child.on('close', (_code, by) => resolve(by)))
  assert.equal(signal, 'SIGKILL', `the writer ended by itself: ${errors}`)
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1)
  return lines.filter((line) => line.startsWith('ack ')).map(parse)
}

function parse(line: string): Acknowledged {
  const [, revision, key, value] = line.split(' ')
  return { revision: Number(revision), key: key!, value: value === '-' ? undefined : value }
}

/** Reopens the store, compares it with everything acknowledged so far, and returns how many unacknowledged writes it has. */
async function check(directory: string, known: Known, acknowledged: Acknowledged[]): Promise<number> {
  const storage = await openEmbedded({ path: directory })
  const before = known.revision
  known.revision = await storage.currentRevision()
  acknowledged.sort((a, b) => a.revision - b.revision)
  for (const [index, ack] of acknowledged.entries()) {
    assert.ok(ack.revision > before, `revision ${ack.revision} was given twice`)
    if (index > 0) assert.ok(ack.revision > acknowledged[index - 1]!.revision, `revision ${ack.revision} was given twice`)
    assert.ok(ack.revision <= known.revision, `acknowledged revision ${ack.revision} is lost, the store ends at ${known.revision}`)
  }
  const events = await history(storage, known.revision)
  const inHistory = new Map(events.map((event) => [event.revision, event]))
  const oldest = events[0]?.revision ?? known.revision + 1
  for (const ack of acknowledged) {
    if (ack.revision >= oldest) assert.deepEqual(asAcknowledged(inHistory.get(ack.revision)!), ack)
    known.last.set(ack.key, ack)
  }
  for (const event of events) {
    const last = known.last.get(event.key)
    if (!last || event.revision > last.revision) known.last.set(event.key, asAcknowledged(event))
  }
  await checkState(storage, known)
  await storage.close()
  const acked = new Set(acknowledged.map(({ revision }) => revision))
  return events.filter(({ revision }) => revision > before && !acked.has(revision)).length
}

/** All kept events; checks that no revision is missing. */
async function history(storage: Storage, revision: number): Promise<StorageEvent[]> {
  const compactRevision = await storage.get('', { revision: 0 }).then(
    () => 0,
    (error: CompactedError) => error.compactRevision,
  )
  const events: StorageEvent[] = []
  if (compactRevision === revision) return events
  for await (const batch of storage.watch({ prefix: '', afterRevision: compactRevision, signal: new AbortController().signal })) {
    events.push(...batch)
    if (events.at(-1)!.revision === revision) break
  }
  for (const [index, event] of events.entries()) assert.equal(event.revision, compactRevision + 1 + index, 'the history has a gap')
  return events
}

/** Every key is what its last known change left. (Only what is visible gets compacted, and that has been printed by then.) */
async function checkState(storage: Storage, known: Known): Promise<void> {
  const { entries } = await storage.list('')
  const stored = new Map(entries.map((entry) => [entry.key, entry]))
  for (const [key, last] of known.last) {
    const entry = stored.get(key)
    const got = entry && asAcknowledged({ type: 'put', key, revision: entry.modRevision, value: entry.value })
    assert.deepEqual(got?.value, last.value, `${key} of revision ${last.revision}`)
    if (got) assert.equal(got.revision, last.revision, key)
  }
  for (const key of stored.keys()) assert.ok(known.last.has(key), `${key} came from nowhere`)
}

function asAcknowledged({ revision, key, value }: StorageEvent): Acknowledged {
  if (!value) return { revision, key, value: undefined }
  const content = Buffer.from(value).toString()
  const label = /^(\/k\/\d+:\d+):\.*$/.exec(content)?.[1]
  assert.ok(label?.startsWith(`${key}:`), `the value of ${key} at ${revision} is damaged: ${content.slice(0, 40)}`)
  return { revision, key, value: `${label}:${value.length}` }
}
