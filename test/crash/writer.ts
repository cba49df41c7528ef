// The process that gets killed: many writers over few keys, compaction now and then. Each acknowledged write is written to
// descriptor 3, a file (a full pipe would refuse it), before its writer goes on. Arguments: directory, seed.
import { writeSync } from 'node:fs'
import { openEmbedded } from '../../src/storage/embedded/embedded.ts'
import type { Entry } from '../../src/storage/storage.ts'
import { seededRandom } from './random.ts'

const writers = 24
const [directory, seed] = process.argv.slice(2)
const random = seededRandom(Number(seed))
const storage = await openEmbedded({ path: directory, history: { maxRevisions: 4000 } })
writeSync(1, `ready ${await storage.currentRevision()}\n`)

async function write(key: string, current: Entry | undefined): Promise<void> {
  const label = `${key}:${Math.floor(random() * 2 ** 32)}`
  // The value can be checked by itself: a label, and padding of the length which the label tells.
  const value = Buffer.from(`${label}:`.padEnd(20 + Math.floor(random() ** 4 * 20_000), '.'))
  const remove = current !== undefined && random() < 0.2
  const result = !current
    ? await storage.create(key, value)
    : remove
      ? await storage.delete(key, current.modRevision)
      : await storage.update(key, value, current.modRevision)
  if (result.ok) writeSync(3, `ack ${result.revision} ${key} ${remove ? '-' : `${label}:${value.length}`}\n`)
}

async function compactSometimes(): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 5 + random() * 30))
    await storage.compact(Math.max(1, (await storage.currentRevision()) - Math.floor(random() * 600)))
  }
}

async function writeForEver(): Promise<void> {
  for (;;) {
    const key = `/k/${Math.floor(random() * 60)}`
    await write(key, (await storage.get(key)).entry)
  }
}

await Promise.all([compactSometimes(), ...Array.from({ length: writers }, writeForEver)])
