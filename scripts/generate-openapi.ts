// Writes openapi/: schema.json (facts, read from the Go type files of Debian's packages), types/ and the published documents.
//   node scripts/generate-openapi.ts [--unpacked DIR | --debs DIR | --download]   schema.json too
//   node scripts/generate-openapi.ts [--check]                                    all that follows from schema.json (check: compare only)
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { SchemaFacts } from '../src/apimachinery/schema/facts.ts'
import { apiRegistration } from './openapi/apiregistration.ts'
import { documentFiles } from './openapi/documents.ts'
import { schemaFacts } from './openapi/facts.ts'
import { readPackages } from './openapi/packages.ts'
import { typeFiles } from './openapi/typescript.ts'

const folder = join(import.meta.dirname, '..', 'openapi')
const { values: options } = parseArgs({
  options: { unpacked: { type: 'string' }, debs: { type: 'string' }, download: { type: 'boolean' }, check: { type: 'boolean' } },
})

const files = new Map<string, string>()
if (options.unpacked !== undefined || options.debs !== undefined || options.download) {
  const facts = { ...schemaFacts(readPackages(options)), ...apiRegistration }
  files.set('schema.json', schemaText(facts))
}
const facts = JSON.parse(files.get('schema.json') ?? readFileSync(join(folder, 'schema.json'), 'utf8')) as SchemaFacts
for (const [path, text] of typeFiles(facts)) files.set(join('types', path), text)
for (const [path, text] of await documentFiles()) files.set(path, text)

const stale = [...files].filter(([path, text]) => readIfThere(join(folder, path)) !== text).map(([path]) => path)
const surplus = [...listFiles('types'), ...listFiles('v3')].filter((path) => !files.has(path))
if (options.check) {
  for (const path of [...stale, ...surplus]) console.error(`openapi/${path} is not current: run npm run generate`)
  process.exitCode = stale.length + surplus.length > 0 ? 1 : 0
} else {
  for (const path of stale) writeInto(join(folder, path), files.get(path)!)
  for (const path of surplus) rmSync(join(folder, path))
  console.log(`openapi: ${files.size} files, ${stale.length} written, ${surplus.length} removed`)
}

/** One line a type, so that a diff names the types that changed. */
function schemaText(facts: SchemaFacts): string {
  const names = Object.keys(facts).sort()
  return `{\n${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(facts[name])}`).join(',\n')}\n}\n`
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function writeInto(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function listFiles(subfolder: string): string[] {
  try {
    return readdirSync(join(folder, subfolder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  } catch {
    return []
  }
}
