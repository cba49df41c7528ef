// The laws of docs/architecture.md that a tool can check: who imports whom, which paths are pure, how long files are.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { test } from 'node:test'

const files = [...globSync('src/**/*.ts'), ...globSync('controllers/**/*.ts')].map((file) => file.replaceAll('\\', '/')).sort()

/** Area → areas it may import besides itself. Types of openapi/ and src/component.ts (types only) are open to all. */
const mayImport: Record<string, readonly string[] | 'all'> = {
  'src/apimachinery': [],
  'src/api': ['src/apimachinery'],
  'src/storage': ['src/apimachinery'],
  'src/streaming': ['src/apimachinery'],
  'src/pki': ['src/apimachinery'],
  'src/client': ['src/apimachinery', 'src/api'],
  'src/controller': ['src/apimachinery', 'src/api', 'src/client'],
  controllers: ['src/apimachinery', 'src/api', 'src/controller'],
  'src/scheduler': ['src/apimachinery', 'src/api', 'src/client'],
  'src/kubelet': ['src/apimachinery', 'src/api', 'src/client', 'src/streaming', 'src/pki'],
  'src/kube-proxy': ['src/apimachinery', 'src/api', 'src/client'],
  'src/apiserver': ['src/apimachinery', 'src/api', 'src/storage', 'src/streaming', 'src/pki'],
  'src/cli': 'all',
  'src/cluster.ts': 'all',
  'src/component.ts': ['src/apimachinery', 'src/client'],
}

/** Files that hold rules: no I/O module, no clock, no randomness of their own. */
const pure = [
  /^src\/apimachinery\//,
  /^src\/api\//,
  /^controllers\//,
  /^src\/scheduler\/plugins\//,
  /^src\/controller\/(plan|define|owners)\.ts$/,
]
const ioModules =
  /^(node:(fs|net|http|https|tls|child_process|worker_threads|dgram|dns|os|sqlite|process)(\/.*)?|fastify|undici|pino|ws|@fastify\/.*)$/
const impureCalls = /\b(Date\.now\(|Math\.random\(|setTimeout\(|setInterval\(|setImmediate\(|performance\.now\(|new Date\(\))/

/** Files longer than 300 lines, each with its reason. */
const longFiles: Record<string, string> = {
  'test/apiserver/robustness/bodies.test.ts': 'one table of hostile bodies against one server',
  'test/apimachinery/patch/apply.test.ts': 'one table of cases of server-side apply, read side by side with upstream',
  'test/apimachinery/patch/strategic.test.ts': 'one table of cases of strategic merge, read side by side with upstream',
}

function areaOf(file: string): string | undefined {
  return Object.keys(mayImport).find((area) => file === area || file.startsWith(`${area}/`))
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+'([^']+)'|(?:^|\n)\s*import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g),
  ].map((match) => match[1] ?? match[2] ?? match[3]!)
}

const code = (file: string) =>
  readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')

test('every file lies in a known area', () => {
  assert.deepEqual(
    files.filter((file) => areaOf(file) === undefined),
    [],
  )
})

test('imports follow the table', () => {
  const wrong: string[] = []
  for (const file of files) {
    const area = areaOf(file)!
    const allowed = mayImport[area]!
    if (allowed === 'all') continue
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) continue
      const target = posix.normalize(posix.join(posix.dirname(file), specifier))
      if (target.startsWith('openapi/')) continue
      const targetArea = areaOf(target)
      if (targetArea === area || targetArea === 'src/component.ts' || (targetArea !== undefined && allowed.includes(targetArea))) continue
      wrong.push(`${file} → ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('controllers do not import one another, nor the runner', () => {
  const unitOf = (file: string) => file.split('/')[1]!.replace(/\.ts$/, '')
  const wrong: string[] = []
  for (const file of files.filter((name) => name.startsWith('controllers/') && name !== 'controllers/index.ts')) {
    for (const specifier of importsOf(file).filter((one) => one.startsWith('.'))) {
      const target = posix.normalize(posix.join(posix.dirname(file), specifier))
      if (target.startsWith('controllers/') && unitOf(target) !== unitOf(file) && !target.startsWith('controllers/shared/'))
        wrong.push(`${file} → ${target}`)
      if (/^src\/controller\/(runner|execute|pending-writes|manager)\.ts$/.test(target)) wrong.push(`${file} → ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('pure paths do no I/O and read no clock', () => {
  const wrong: string[] = []
  for (const file of files.filter((name) => pure.some((pattern) => pattern.test(name)))) {
    for (const specifier of importsOf(file)) if (ioModules.test(specifier)) wrong.push(`${file} imports ${specifier}`)
    const call = impureCalls.exec(code(file))
    if (call !== null) wrong.push(`${file} calls ${call[0]}`)
  }
  assert.deepEqual(wrong, [])
})

test('only cli starts clocks or draws random numbers', () => {
  const wrong = files
    .filter((file) => !file.startsWith('src/cli/') && file !== 'src/cluster.ts')
    .filter((file) => /\b(Date\.now\(|Math\.random\()/.test(code(file)))
  assert.deepEqual(wrong, [])
})

test('no file is longer than 300 lines without a stated reason', () => {
  const length = (file: string) => readFileSync(file, 'utf8').split('\n').length - 1
  const long = [...files, ...globSync('scripts/**/*.ts'), ...globSync('test/**/*.ts')].filter((file) => length(file) > 300)
  assert.deepEqual(
    long.filter((file) => longFiles[file] === undefined),
    [],
  )
  assert.deepEqual(
    Object.keys(longFiles).filter((file) => !long.includes(file)),
    [],
    'a reason for a file that is short or gone',
  )
})

test('every source file opens by saying what it is', () => {
  const silent = files.filter((file) => !/^(#!.*\n)?(\/\/|\/\*\*)/.test(readFileSync(file, 'utf8')))
  assert.deepEqual(silent, [])
})
