// The JavaScript entry file: runs the program, and keeps compiled code where the TypeScript side says.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileCacheDirectory } from '../../src/cli/compile-cache.ts'

test('k8ts.mjs runs a command with the compile cache where compile-cache.ts says', () => {
  const home = mkdtempSync(join(tmpdir(), 'k8ts-entry-'))
  try {
    const environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'], XDG_CACHE_HOME: home }
    const { stdout, status } = spawnSync(process.execPath, ['src/cli/k8ts.mjs', 'version'], { env: environment, encoding: 'utf8' })
    assert.match(stdout, /^k8ts v1\.36/)
    assert.equal(status, 0)
    assert.equal(existsSync(compileCacheDirectory(environment)), true)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})
