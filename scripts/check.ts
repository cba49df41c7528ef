// npm run check: types, lint, architecture, generated files. Each step prints its name; the first failure decides the exit code.
import { spawnSync } from 'node:child_process'

const steps: [string, string[]][] = [
  ['types', ['node_modules/typescript-native/bin/tsc', '-p', '.']],
  [
    'lint',
    ['node_modules/@biomejs/biome/bin/biome', 'ci', '--max-diagnostics=50', `--colors=${process.stdout.isTTY ? 'force' : 'off'}`, '.'],
  ],
  ['architecture', ['--test', '--test-reporter=dot', 'test/architecture.test.ts']],
  ['generated files', ['scripts/generate-openapi.ts', '--check']],
]

let failed = 0
for (const [name, args] of steps) {
  const started = Date.now()
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) failed++
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
}
process.exit(failed === 0 ? 0 : 1)
