// npm test: installs what the real-part groups need (scripts/test-deps), then runs every group with node:test.
// --unit: only the groups that need no process, port or installed program. Names of groups may be given instead.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { missingDependencies } from './test-deps.ts'

/** Folders of test/ whose tests start real processes or clients; all others are unit tests. */
const realGroups = ['cluster', 'crash', 'kubectl', 'clients'] as const

const asked = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const unitOnly = process.argv.includes('--unit')
const isReal = (file: string) => realGroups.some((group) => file.startsWith(`test/${group}/`))
const all = globSync('test/**/*.test.ts').sort()

function run(name: string, files: string[], how: readonly string[]): boolean {
  if (files.length === 0) {
    console.log(`FAIL ${name}: no test files`)
    return false
  }
  const started = Date.now()
  const args = ['--test', ...how, '--test-timeout=600000', ...files]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  return status === 0
}

let good = true
if (unitOnly || asked.length === 0 || asked.includes('unit')) {
  good =
    run(
      'unit',
      all.filter((file) => !isReal(file)),
      // one process: starting one per file takes longer than the tests
      ['--test-isolation=none'],
    ) && good
}
const notRun: string[] = []
if (!unitOnly) {
  for (const group of realGroups) {
    if (asked.length > 0 && !asked.includes(group)) continue
    const missing = missingDependencies(group)
    if (missing.length > 0) notRun.push(`${group}: needs ${missing.join(', ')}`)
    else
      good =
        run(
          group,
          all.filter((file) => file.startsWith(`test/${group}/`)),
          ['--test-concurrency=1'],
        ) && good
  }
}
for (const line of notRun) console.log(`NOT RUN ${line}`)
if (notRun.length > 0 && process.env['CI'] === 'true') good = false
process.exit(good ? 0 : 1)
