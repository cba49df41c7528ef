// npm run bench: figures as JSON lines, no pass or fail. Without flags it starts its own cluster; with --kubeconfig FILE it does the same
// work on any other API server. --quick: a tenth of the objects. --only NAME: one measurement (start, requests, watch, scale).
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openTransport } from '../src/client/http-transport.ts'
import { clusterAccess, parseKubeconfig } from '../src/client/kubeconfig.ts'
import { createClient, readAll } from '../src/client/rest.ts'
import type { Transport } from '../src/client/transport.ts'
import type { LoadJob } from './bench-load.ts'
import { decisions, scale as scaleTo } from './bench-scale.ts'

const { values: flags } = parseArgs({ options: { kubeconfig: { type: 'string' }, quick: { type: 'boolean' }, only: { type: 'string' } } })
const scale = flags.quick ? 0.1 : 1
const namespace = `k8ts-bench-${process.pid}`

function report(figure: string, values: Record<string, unknown>): void {
  console.log(JSON.stringify({ figure, ...values }))
}

const wanted = (name: string) => flags.only === undefined || flags.only === name

/** Nodes get 256 addresses each: many need a wider range. */
const many = (nodes: number) => (nodes === 1 ? [] : ['--nodes', String(nodes), '--cluster-cidr', '10.240.0.0/12'])

/** `up` on a free port; resolves when it has printed what to type. */
async function startUp(directory: string, nodes = 1) {
  const started = performance.now()
  const child = spawn(process.execPath, ['src/cli/k8ts.mjs', 'up', '--port', '0', '--data-dir', directory, ...many(nodes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
      if (output.includes('kubectl get nodes')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`up ended with ${code}\n${output}`)))
  })
  const readyMs = performance.now() - started
  const stop = () =>
    new Promise<number>((resolve) => {
      const begun = performance.now()
      child.removeAllListeners('exit')
      child.once('exit', () => resolve(performance.now() - begun))
      child.kill('SIGINT')
    })
  return { readyMs, stop, pid: child.pid!, kubeconfig: join(directory, 'admin.kubeconfig') }
}

/**
 * Resident memory in MiB of `up` and of each process it started. The total counts the pages of Node's binary once a process;
 * `proportional` (PSS) counts them once.
 */
function residentMiB(directory: string, pid: number): Record<string, number> {
  const mebibytes = (of: number, file: string, field: RegExp) =>
    Math.round(Number(field.exec(readFileSync(`/proc/${of}/${file}`, 'utf8'))?.[1] ?? 0) / 1024)
  const pids = JSON.parse(readFileSync(join(directory, 'pids.json'), 'utf8')) as Record<string, number>
  const all = Object.entries({ up: pid, ...pids })
  const each = Object.fromEntries(all.map(([name, of]) => [name, mebibytes(of, 'status', /VmRSS:\s+(\d+)/)]))
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
  const proportional = sum(all.map(([, of]) => mebibytes(of, 'smaps_rollup', /^Pss:\s+(\d+)/m)))
  return { ...each, total: sum(Object.values(each)), proportional }
}

interface Target {
  transport: Transport
  token: string | undefined
}

function targetOf(kubeconfig: string): Target & { close(): Promise<void> } {
  const access = clusterAccess(parseKubeconfig(readFileSync(kubeconfig, 'utf8')))
  const { transport, close } = openTransport(access)
  return { transport, token: access.token, close }
}

async function call(
  { transport, token }: Target,
  method: string,
  path: string,
  body?: string,
): Promise<{ status: number; bytes: Uint8Array }> {
  const headers: Record<string, string> = { accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'k8ts-bench/1' }
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`
  const response = await transport({ method, path, headers, ...(body === undefined ? {} : { body }) })
  return { status: response.status, bytes: await readAll(response.body) }
}

async function expectStatus(
  target: Target,
  method: string,
  path: string,
  body: string | undefined,
  statuses: number[],
): Promise<Uint8Array> {
  const { status, bytes } = await call(target, method, path, body)
  if (!statuses.includes(status)) throw new Error(`${method} ${path}: ${status} ${Buffer.from(bytes).toString().slice(0, 300)}`)
  return bytes
}

async function prepare(target: Target): Promise<void> {
  await expectStatus(target, 'POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: namespace } }), [201, 409])
  await expectStatus(
    target,
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts`,
    JSON.stringify({ metadata: { name: 'default' } }),
    [201, 409],
  )
}

/** Runs the load (bench-load.ts) in a process of its own: the client's work is none of the cluster's. */
async function load(measure: LoadJob['measure'], kubeconfig: string): Promise<void> {
  const job: LoadJob = { kubeconfig, namespace, measure, share: scale }
  const child = spawn(process.execPath, ['scripts/bench-load.ts', JSON.stringify(job)], { stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`the load ended with ${code}`)
}

/** A cluster of its own with many nodes, and what growing it costs. */
async function growing(): Promise<void> {
  decisions(report)
  const nodes = Math.round(1000 * scale)
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-bench-'))
  try {
    const cluster = await startUp(directory, nodes)
    report(`k8ts up until ${nodes} nodes are Ready`, { ms: Math.round(cluster.readyMs), rssMiB: residentMiB(directory, cluster.pid) })
    const { transport, token, close } = targetOf(cluster.kubeconfig)
    const pids = JSON.parse(readFileSync(join(directory, 'pids.json'), 'utf8')) as Record<string, number>
    const client = createClient({ transport, userAgent: 'k8ts-bench/1', ...(token === undefined ? {} : { token }) })
    await scaleTo({ client, pids, report }, nodes, scale)
    await close()
    report(`k8ts up until stopped`, { ms: Math.round(await cluster.stop()) })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  if (flags.kubeconfig !== undefined) {
    const target = targetOf(flags.kubeconfig)
    await prepare(target)
    if (wanted('requests')) await load('requests', flags.kubeconfig)
    if (wanted('watch')) await load('watch', flags.kubeconfig)
    await call(target, 'DELETE', `/api/v1/namespaces/${namespace}`)
    await target.close()
    return
  }
  if (wanted('start')) {
    const times: number[] = []
    for (let i = 0; i < 3; i++) {
      const started = performance.now()
      const { startCluster } = await import('../src/cluster.ts')
      const cluster = await startCluster()
      times.push(performance.now() - started)
      await cluster.stop()
    }
    report('startCluster() until ready', { ms: times.map((time) => Math.round(time)) })
  }
  if (wanted('scale')) await growing()
  if (flags.only === 'scale') return
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-bench-'))
  try {
    const cluster = await startUp(directory)
    report('k8ts up until nodes are Ready', { ms: Math.round(cluster.readyMs) })
    await new Promise((resolve) => setTimeout(resolve, 5000))
    report('resident memory, idle, MiB', residentMiB(directory, cluster.pid))
    const target = targetOf(cluster.kubeconfig)
    await prepare(target)
    if (wanted('requests')) await load('requests', cluster.kubeconfig)
    if (wanted('watch')) await load('watch', cluster.kubeconfig)
    report('resident memory, after the load, MiB', residentMiB(directory, cluster.pid))
    await target.close()
    report('k8ts up until stopped', { ms: Math.round(await cluster.stop()) })
    const again = await startUp(directory)
    report('k8ts up on the same data directory', { ms: Math.round(again.readyMs) })
    await again.stop()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

await main()
process.exit(0)
