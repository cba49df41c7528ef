// What is never told: secrets and tokens in logs, whatever fails; and files of the store that others may read (guarantees 5.2: 21).
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { openEmbedded } from '../../../src/storage/embedded/embedded.ts'
import { start } from '../core/harness.ts'

const secrets = '/api/v1/namespaces/default/secrets'

test('a bug while a Secret is written logs where, not what', async () => {
  const lines: string[] = []
  const bug = () => {
    throw new TypeError('a bug')
  }
  const k = await start(
    {},
    {
      log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
      admission: () => [{ name: 'x', on: ['CREATE'], mutate: bug }],
    },
  )
  const headers = { authorization: 'Bearer deep-token' }
  const body = { metadata: { name: 's' }, stringData: { password: 'hunter2' }, data: { other: 'aHVudGVyMw==' } }
  assert.equal((await k.call('POST', `${secrets}?pretty=query-word`, body, headers)).code, 500)
  await k.call('POST', secrets, '{"stringData":{"password":"hunter2"', headers)
  await k.close()
  const text = lines.join('\n')
  assert.match(text, /a bug/)
  for (const word of ['hunter2', 'aHVudGVyMw', 'deep-token', 'query-word']) assert.ok(!text.includes(word), `${word} in ${text}`)
})

test('files of the store belong to their owner alone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-store-'))
  const path = join(directory, 'store')
  const storage = await openEmbedded({ path })
  await storage.create('/registry/secrets/default/s', Buffer.from('{}'))
  const files = [path, ...readdirSync(path).map((name) => join(path, name))]
  const open = files.filter((file) => (statSync(file).mode & 0o077) !== 0)
  await storage.close()
  rmSync(directory, { recursive: true })
  assert.deepEqual(open, [])
})
