// Debian's Go and client-go, and the program of test/clients/go built with them. All of it lies in .cache; a second build takes a second.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { unpackDebian } from './debian.ts'

const tree = '.cache/debian-trixie'
const program = '.cache/bin/go-client'

/** Brings Go and client-go of Debian 13; false where they cannot be had. What takes long, compiling client-go, is begun here. */
export function ensureGoClient(): boolean {
  const there = unpackDebian('trixie', ['golang-go', 'golang-k8s-client-go-dev'], tree, /^golang-/)
  if (there) buildGoClient()
  return there
}

/** Builds the program: its path, or what the compiler said. */
export function buildGoClient(): { program: string; errors: string } {
  const env = {
    ...process.env,
    GOROOT: resolve(tree, 'usr/lib/go'),
    GOPATH: resolve(tree, 'usr/share/gocode'),
    GOCACHE: resolve('.cache/go-build'),
    GO111MODULE: 'off',
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-buildvcs=false',
    CGO_ENABLED: '0',
  }
  const out = resolve(program)
  const go = resolve(tree, 'usr/lib/go/bin/go')
  const { status, stderr, error } = spawnSync(go, ['build', '-o', out, '.'], { cwd: 'test/clients/go', env, encoding: 'utf8' })
  return { program: out, errors: status === 0 ? '' : stderr || String(error ?? `go build ended with ${status}`) }
}
