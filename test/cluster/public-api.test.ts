// The workers use the public API alone: real processes behind a proxy that admits only what the server documents. What each of them asks for
// is listed in public-api.txt (UPDATE=1 adds to it): a new line there is a new need for rights.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pino from 'pino'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { StatefulSet } from '../../src/api/apps/statefulset.ts'
import { CronJob } from '../../src/api/batch/cronjob.ts'
import { Job } from '../../src/api/batch/job.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { Service } from '../../src/api/core/service/index.ts'
import { isNotFound } from '../../src/apimachinery/api-error.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { openApiServer } from '../../src/apiserver/run.ts'
import { type ClusterFiles, ensureClusterFiles } from '../../src/cli/pki-files.ts'
import type { Client } from '../../src/client/client.ts'
import { openTransport } from '../../src/client/http-transport.ts'
import { createClient } from '../../src/client/rest.ts'
import { openEmbedded } from '../../src/storage/embedded/embedded.ts'
import { documentation, openRecordingProxy } from './recording-proxy.ts'

const clock = {
  now: Date.now,
  after: (delayMs: number, callback: () => void) => {
    const timer = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}
const token = 'only-in-this-test'
/** /readyz is documented beside the API (https://kubernetes.io/docs/reference/using-api/health-checks/), not in it. */
const beside = new Set(['/readyz'])

const programs = ({ caCert, caKey, serviceAccountKey }: ClusterFiles): Readonly<Record<string, readonly string[]>> => ({
  'controller-manager': [
    '--allocate-node-cidrs=true',
    '--cluster-cidr=10.244.0.0/16',
    `--root-ca-file=${caCert}`,
    `--cluster-signing-cert-file=${caCert}`,
    `--cluster-signing-key-file=${caKey}`,
    `--service-account-private-key-file=${serviceAccountKey}`,
  ],
  scheduler: [],
  kubelet: ['--hostname-override=node-1', '--nodes=2', '--address=127.0.0.1'],
  'kube-proxy': ['--hostname-override=node-1', '--proxy-mode=none'],
})

const namespace = 'public'
const template = (command: string[], restartPolicy = 'Always') => ({
  metadata: { labels: { app: 'a' } },
  spec: { restartPolicy, containers: [{ name: 'c', image: 'example.com/a:1', command }] },
})
const selector = { matchLabels: { app: 'a' } }
const workloads: readonly [Kind, string, unknown, (status: Record<string, number | string>) => boolean][] = [
  [Service as never, 'a', { selector: { app: 'a' }, ports: [{ port: 80 }] }, () => true],
  [Deployment as never, 'a', { replicas: 2, selector, template: template(['server']) }, ({ availableReplicas }) => availableReplicas === 2],
  [
    StatefulSet as never,
    'b',
    {
      replicas: 2,
      serviceName: 'a',
      selector: { matchLabels: { app: 'b' } },
      template: { ...template(['server']), metadata: { labels: { app: 'b' } } },
    },
    ({ readyReplicas }) => readyReplicas === 2,
  ],
  [Job as never, 'c', { completions: 2, template: template(['true'], 'Never') }, ({ succeeded }) => succeeded === 2],
  [
    CronJob as never,
    'd',
    { schedule: '* * * * *', jobTemplate: { spec: { template: template(['true'], 'Never') } } },
    ({ lastSuccessfulTime }) => lastSuccessfulTime !== undefined,
  ],
]

test('controller-manager, scheduler, kubelet and kube-proxy ask for nothing but what discovery and OpenAPI document', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-public-'))
  const ended: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })]
  t.after(async () => {
    for (const end of ended.reverse()) await end()
  })
  const storage = await openEmbedded({ path: undefined, clock })
  const tokenFileText = `${token},system:admin,system:admin,"system:masters"\n`
  const log = pino({ level: 'silent' })
  const server = await openApiServer({ storage, clock, random: Math.random, log, bindAddress: '127.0.0.1', securePort: 0, tokenFileText })
  const url = await server.listen()
  ended.push(() => server.close())
  const direct = openTransport({ server: url })
  ended.push(() => direct.close())
  const client = createClient({ transport: direct.transport, userAgent: 'test', token, clock })
  const allowed = await documentation((path) => client.raw('GET', path))

  const files = ensureClusterFiles({
    directory,
    now: clock.now(),
    server: url,
    nodes: ['node-1'],
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  })
  const said: string[] = []
  const proxies = new Map<string, Awaited<ReturnType<typeof openRecordingProxy>>>()
  for (const [name, flags] of Object.entries(programs(files))) {
    const proxy = await openRecordingProxy(url, (method, path, query) => (beside.has(path) ? undefined : allowed(method, path, query)))
    proxies.set(name, proxy)
    ended.push(() => proxy.close())
    const child = start(name, flags, join(directory, `${name}.kubeconfig`), proxy.url)
    child.stderr?.on('data', (chunk) => said.push(`${name}: ${chunk}`))
    ended.push(() => ending(child))
  }
  const undocumented = () => [...proxies].flatMap(([name, { refused }]) => [...new Set(refused)].map((text) => `${name}: ${text}`))
  await live(client).catch((error) => {
    throw new Error(`${(error as Error).message}; refused: ${undocumented().join('; ')}\n${said.slice(-20).join('')}`)
  })
  assert.deepEqual(undocumented(), [])
  compare([...proxies].flatMap(([name, { asked }]) => [...asked].map((what) => `${name} ${what}`)))
})

function start(name: string, flags: readonly string[], file: string, server: string): ChildProcess {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token } }],
  }
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
  return spawn(process.execPath, ['src/cli/main.ts', name, '--kubeconfig', file, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

async function ending(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  if (child.exitCode === null) child.kill('SIGKILL')
  else return
  await gone
}

/** Workloads come, do what they are for, and go with their namespace. */
async function live(client: Client): Promise<void> {
  await client.create<KubeObject>(Namespace as Kind, { metadata: { name: namespace } })
  for (const [kind, name, spec] of workloads) {
    // the namespace's account is there a moment later
    await eventually(`${kind.kind} can be made`, () =>
      client.create<KubeObject>(kind, { metadata: { name, namespace }, spec } as KubeObject).then(
        () => true,
        () => false,
      ),
    )
  }
  for (const [kind, name, , done] of workloads) {
    await eventually(`${kind.kind} ${name} has run`, async () => {
      const { status = {} } = (await client.get<KubeObject>(kind, { name, namespace })) as { status?: Record<string, number> }
      return done(status)
    })
  }
  await client.delete(Namespace as Kind, { name: namespace })
  await eventually('the namespace is gone', () => client.get(Namespace as Kind, { name: namespace }).then(() => false, isNotFound))
}

async function eventually(what: string, look: () => Promise<boolean>): Promise<void> {
  for (let left = 480; !(await look()); left--) {
    if (left === 0) throw new Error(`did not come: ${what}`)
    await wait(250)
  }
}

/** Timing decides which writes are needed (a patch of an event that is seen twice): no more than the list, and of the list every watch. */
function compare(asked: readonly string[]): void {
  const file = 'test/cluster/public-api.txt'
  const known = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  if (process.env['UPDATE']) return writeFileSync(file, `${[...new Set([...known, ...asked])].sort().join('\n')}\n`)
  assert.deepEqual(
    asked.filter((what) => !known.includes(what)),
    [],
  )
  assert.deepEqual(
    known.filter((what) => what.includes(' watch ') && !asked.includes(what)),
    [],
  )
}
