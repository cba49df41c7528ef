// npm test: installs what the real-part groups need (scripts/test-deps), then runs every group with node:test.
// --unit: only the groups that need no process, port or installed program. Names of groups may be given instead.
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { missingDependencies } from './test-deps.ts'

/** Folders of test/ whose tests start real processes or clients, load a server or take minutes; all others are unit tests. */
const realGroups = ['apiserver/robustness', 'cluster', 'crash', 'kubectl', 'clients', 'clients/python', 'clients/go', 'sim'] as const
const unitProcesses = 2
/** Groups whose files share nothing, not even the time they need: they run side by side. */
const parallelGroups: readonly string[] = ['sim']

const asked = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const unitOnly = process.argv.includes('--unit')
/** The group of a file: the one that names it most closely. */
const groupOf = (file: string) => realGroups.findLast((group) => file.startsWith(`test/${group}/`))
const isReal = (file: string) => groupOf(file) !== undefined
const all = globSync('test/**/*.test.ts').sort()
const totals = { passed: 0, failed: 0 }

interface Outcome {
  good: boolean
  output: string
  seconds: number
}

/** Runs node:test over the files; its output is shown as it comes, or kept. */
function nodeTest(files: readonly string[], flags: readonly string[], show: boolean): Promise<Outcome> {
  const started = Date.now()
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', ...flags, ...files], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const take = (chunk: Buffer) => {
    output += chunk
    if (show) process.stdout.write(chunk)
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  return new Promise((resolve) =>
    child.on('close', (code) => {
      totals.passed += count(output, 'pass')
      totals.failed += count(output, 'fail') + count(output, 'cancelled')
      if (code !== 0 && count(output, 'fail') + count(output, 'cancelled') === 0) totals.failed++
      resolve({ good: code === 0, output, seconds: (Date.now() - started) / 1000 })
    }),
  )
}

function count(output: string, word: string): number {
  return Number(new RegExp(`^ℹ ${word} (\\d+)`, 'm').exec(output)?.[1] ?? 0)
}

function report(name: string, { good, seconds }: Outcome): boolean {
  console.log(`${good ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`)
  return good
}

/** Unit tests: one process per folder, since starting one per file takes longer than the tests. */
async function unitTests(): Promise<boolean> {
  const folders = [
    ...Map.groupBy(
      all.filter((file) => !isReal(file)),
      folderOf,
    ),
  ].sort(([, a], [, b]) => b.length - a.length)
  let good = true
  const work = async () => {
    for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
      const [folder, files] = next
      const outcome = await nodeTest(files, ['--test-isolation=none', '--test-timeout=60000'], false)
      if (!outcome.good) process.stdout.write(outcome.output)
      good = report(`unit ${folder}`, outcome) && good
    }
  }
  await Promise.all(Array.from({ length: unitProcesses }, work))
  return good
}

/** The folder below test/; those below test/apiserver each by themselves. */
function folderOf(file: string): string {
  const parts = file.split('/').slice(1, -1)
  return parts.slice(0, parts[0] === 'apiserver' ? 2 : 1).join('/')
}

let good = true
if (unitOnly || asked.length === 0 || asked.includes('unit')) good = (await unitTests()) && good
const notRun: string[] = []
for (const group of unitOnly ? [] : realGroups) {
  if (asked.length > 0 && !asked.includes(group)) continue
  const missing = missingDependencies(group)
  const files = all.filter((file) => groupOf(file) === group)
  if (missing.length > 0) notRun.push(`${group}: needs ${missing.join(', ')}`)
  else
    good =
      report(
        group,
        await nodeTest(files, [`--test-concurrency=${parallelGroups.includes(group) ? unitProcesses : 1}`, '--test-timeout=600000'], true),
      ) && good
}
for (const line of notRun) console.log(`NOT RUN ${line}`)
if (notRun.length > 0 && process.env['CI'] === 'true') good = false
console.log(`${totals.passed} passed, ${totals.failed} failed`)
process.exit(good ? 0 : 1)
