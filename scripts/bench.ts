// npm run bench: figures as JSON lines, no pass or fail. Without flags it starts its own cluster; with --kubeconfig FILE it does the same
// work on any other API server. --quick: a tenth of the objects. --only NAME: one measurement.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { clusterAccess, parseKubeconfig } from '../src/client/kubeconfig.ts'
import { readAll } from '../src/client/rest.ts'
import type { Transport } from '../src/client/transport.ts'
import { openTransport } from '../src/client/undici-transport.ts'

const { values: flags } = parseArgs({ options: { kubeconfig: { type: 'string' }, quick: { type: 'boolean' }, only: { type: 'string' } } })
const scale = flags.quick ? 0.1 : 1
const namespace = `k8ts-bench-${process.pid}`

function report(figure: string, values: Record<string, unknown>): void {
  console.log(JSON.stringify({ figure, ...values }))
}

const round = (n: number, digits = 1) => Number(n.toFixed(digits))
const wanted = (name: string) => flags.only === undefined || flags.only === name

/** `up` on a free port; resolves when it has printed what to type. */
async function startUp(directory: string) {
  const started = performance.now()
  const child = spawn(process.execPath, ['src/cli/main.ts', 'up', '--port', '0', '--data-dir', directory], {
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

/** Resident memory in MiB of `up` and of each process it started. */
function residentMiB(directory: string, pid: number): Record<string, number> {
  const rss = (of: number) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${of}/status`, 'utf8'))?.[1] ?? 0) / 1024)
  const pids = JSON.parse(readFileSync(join(directory, 'pids.json'), 'utf8')) as Record<string, number>
  const each = { up: rss(pid), ...Object.fromEntries(Object.entries(pids).map(([name, of]) => [name, rss(of)])) }
  return { ...each, total: Object.values(each).reduce((a, b) => a + b, 0) }
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

/** A pod that no scheduler takes, 1.2 KB as sent. */
function pod(i: number): string {
  const env = Array.from({ length: 8 }, (_, n) => ({ name: `SETTING_${n}`, value: `value-${i}-${n}` }))
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `pod-${i}`,
      namespace,
      labels: { app: 'bench', part: String(i % 100), tier: 'web' },
      annotations: { note: 'made by the benchmark' },
    },
    spec: {
      schedulerName: 'nobody',
      // servers before 1.24 want a token secret otherwise
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'main',
          image: 'registry.example/app:1.0',
          env,
          ports: [{ containerPort: 8080 }],
          resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
        },
      ],
    },
  })
}

async function concurrently(count: number, clients: number, act: (i: number) => Promise<void>): Promise<number> {
  let next = 0
  const started = performance.now()
  const work = async () => {
    for (let i = next++; i < count; i = next++) await act(i)
  }
  await Promise.all(Array.from({ length: clients }, work))
  return (performance.now() - started) / 1000
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

async function requests(target: Target): Promise<void> {
  const pods = Math.round(10_000 * scale)
  const path = `/api/v1/namespaces/${namespace}/pods`
  const create = async (i: number) => {
    await expectStatus(target, 'POST', path, pod(i), [201])
  }
  await concurrently(Math.round(200 * scale), 8, async (i) => create(1_000_000 + i)) // warm
  const alone = Math.round(300 * scale)
  report('create pods, 1 client', { perSecond: round(alone / (await concurrently(alone, 1, create))) })
  const seconds = await concurrently(pods - alone, 64, (i) => create(alone + i))
  report('create pods, 64 clients', { perSecond: round((pods - alone) / seconds), pods })
  const gets = Math.round(20_000 * scale)
  const got = await concurrently(gets, 32, async (i) => {
    await expectStatus(target, 'GET', `${path}/pod-${i % pods}`, undefined, [200])
  })
  report('get pod, 32 clients', { perSecond: round(gets / got) })
  for (const [name, query] of [
    ['list all', ''],
    ['list all, resourceVersion=0', '?resourceVersion=0'],
    ['list 1 % by label', '?labelSelector=part%3D7'],
    ['list a page of 500', '?limit=500'],
  ]) {
    const times: number[] = []
    let size = 0
    for (let i = 0; i < 5; i++) {
      const started = performance.now()
      size = (await expectStatus(target, 'GET', path + query, undefined, [200])).byteLength
      times.push(performance.now() - started)
    }
    times.sort((a, b) => a - b)
    report(`${name} (${pods} pods)`, { medianMs: round(times[2]!), bestMs: round(times[0]!), megabytes: round(size / 1e6) })
  }
}

async function watching(target: Target): Promise<void> {
  const watchers = 100
  const events = Math.round(400 * Math.max(scale, 0.25))
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  let delivered = 0
  const done = Promise.withResolvers<number>()
  const abort = new AbortController()
  const version = JSON.parse(Buffer.from(await expectStatus(target, 'GET', `${path}?limit=1`, undefined, [200])).toString()).metadata
    .resourceVersion
  const headers: Record<string, string> = {
    accept: 'application/json',
    ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
  }
  await Promise.all(
    Array.from({ length: watchers }, async () => {
      const { body } = await target.transport({
        method: 'GET',
        path: `${path}?watch=true&resourceVersion=${version}`,
        headers,
        signal: abort.signal,
      })
      void (async () => {
        for await (const chunk of body) {
          for (const byte of chunk) if (byte === 10) delivered++
          if (delivered >= watchers * events) done.resolve(performance.now())
        }
      })().catch(() => {})
    }),
  )
  const started = performance.now()
  const body = (i: number) => JSON.stringify({ metadata: { name: `event-${started.toFixed(0)}-${i}` }, data: { text: 'x'.repeat(1500) } })
  const written = await concurrently(events, 16, async (i) => {
    await expectStatus(target, 'POST', path, body(i), [201])
  })
  const seconds = ((await done.promise) - started) / 1000
  abort.abort()
  report('watch fan-out', {
    watchers,
    events,
    deliveredAllAfterSeconds: round(seconds, 2),
    writesTookSeconds: round(written, 2),
    perSecond: Math.round((watchers * events) / seconds),
  })
}

async function main(): Promise<void> {
  if (flags.kubeconfig !== undefined) {
    const target = targetOf(flags.kubeconfig)
    await prepare(target)
    if (wanted('requests')) await requests(target)
    if (wanted('watch')) await watching(target)
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
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-bench-'))
  try {
    const cluster = await startUp(directory)
    report('k8ts up until nodes are Ready', { ms: Math.round(cluster.readyMs) })
    await new Promise((resolve) => setTimeout(resolve, 5000))
    report('resident memory, idle, MiB', residentMiB(directory, cluster.pid))
    const target = targetOf(cluster.kubeconfig)
    await prepare(target)
    if (wanted('requests')) await requests(target)
    if (wanted('watch')) await watching(target)
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
