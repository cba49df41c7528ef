// npm run build: dist/ for publishing. Node does not strip types inside node_modules, so the package carries JavaScript.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
const project = 'tsconfig.build.tmp.json'
writeFileSync(
  project,
  JSON.stringify({
    extends: './tsconfig.json',
    compilerOptions: { noEmit: false, outDir: 'dist', rootDir: '.', declaration: true, allowImportingTsExtensions: false },
    include: ['src', 'controllers', 'openapi/types'],
  }),
)
const { status } = spawnSync(process.execPath, ['node_modules/typescript-native/bin/tsc', '-p', project], { stdio: 'inherit' })
rmSync(project)
if (status !== 0) process.exit(status ?? 1)
for (const name of ['schema.json', 'descriptions.json', 'v2.json', 'v3'])
  cpSync(`openapi/${name}`, `dist/openapi/${name}`, { recursive: true })
chmodSync('dist/src/cli/main.js', 0o755)
