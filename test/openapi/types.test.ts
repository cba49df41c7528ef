import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { typeFiles } from '../../scripts/openapi/typescript.ts'

const folder = join(import.meta.dirname, '..', '..', 'openapi')

test('openapi/types follows from schema.json (else: npm run generate)', () => {
  const files = typeFiles(JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8')))
  for (const [path, text] of files) assert.equal(readFileSync(join(folder, 'types', path), 'utf8'), text, path)
})

test('descriptions name definitions and fields that exist', () => {
  const facts = JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8'))
  const descriptions = JSON.parse(readFileSync(join(folder, 'descriptions.json'), 'utf8')) as Record<string, Record<string, string>>
  for (const [name, words] of Object.entries(descriptions)) {
    const unknown = Object.keys(words).filter((field) => field !== '' && facts[name]?.f?.[field] === undefined)
    assert.deepEqual(unknown, [], name)
  }
})
