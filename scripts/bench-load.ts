// The load of npm run bench, in a process of its own: creates, gets, lists and watches on bare connections, the same for every server.
// Argument: a job as JSON. Prints its figures as JSON lines. Answers are counted while the clock runs and looked into afterwards.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { ClusterAccess } from '../src/client/kubeconfig.ts'
import { clusterAccess, parseKubeconfig } from '../src/client/kubeconfig.ts'
import type { Response } from './bench-connection.ts'
import { Connection, requestBytes } from './bench-connection.ts'

/** What to measure, and where. `share`: 1 for the full numbers. */
export interface LoadJob {
  kubeconfig: string
  namespace: string
  measure: 'requests' | 'watch'
  share: number
}

const round = (n: number, digits = 1) => Number(n.toFixed(digits))
const report = (figure: string, values: object) => console.log(JSON.stringify({ figure, ...values }))

/** A pod that no scheduler takes, 1.2 KB as sent. */
function pod(namespace: string, i: number): string {
  const env = Array.from({ length: 8 }, (_, n) => ({ name: `SETTING_${n}`, value: `value-${i}-${n}` }))
  const labels = { app: 'bench', part: String(i % 100), tier: 'web' }
  const main = {
    name: 'main',
    image: 'registry.example/app:1.0',
    env,
    ports: [{ containerPort: 8080 }],
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
  }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${i}`, namespace, labels, annotations: { note: 'made by the benchmark' } },
    // servers before 1.24 want a token secret otherwise
    spec: { schedulerName: 'nobody', automountServiceAccountToken: false, containers: [main] },
  })
}

/** Sends requests 0 … count-1 over so many connections, one at a time on each. Returns the seconds it took. */
async function concurrently(
  access: ClusterAccess,
  count: number,
  clients: number,
  request: (i: number) => Buffer,
  status: number,
): Promise<number> {
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(access)))
  let next = 0
  const started = performance.now()
  await Promise.all(
    connections.map(async (connection) => {
      for (let i = next++; i < count; i = next++) expect(await connection.send(request(i)), status, i)
    }),
  )
  const seconds = (performance.now() - started) / 1000
  for (const connection of connections) connection.close()
  return seconds
}

function expect(response: Response, status: number, i: number): void {
  if (response.status !== status) throw new Error(`request ${i}: ${response.status} in place of ${status}`)
}

async function requests(access: ClusterAccess, { namespace, share }: LoadJob): Promise<void> {
  const pods = Math.round(10_000 * share)
  const path = `/api/v1/namespaces/${namespace}/pods`
  const create = (i: number) => requestBytes(access, 'POST', path, pod(namespace, i))
  await concurrently(access, Math.round(200 * share), 8, (i) => create(1_000_000 + i), 201) // warm
  const alone = Math.round(300 * share)
  report('create pods, 1 client', { perSecond: round(alone / (await concurrently(access, alone, 1, create, 201))) })
  const seconds = await concurrently(access, pods - alone, 64, (i) => create(alone + i), 201)
  report('create pods, 64 clients', { perSecond: round((pods - alone) / seconds), pods })
  const gets = Math.round(20_000 * share)
  const get = (i: number) => requestBytes(access, 'GET', `${path}/pod-${i % pods}`)
  await concurrently(access, Math.round(gets / 10), 32, get, 200) // warm
  report('get pod, 32 clients', { perSecond: round(gets / (await concurrently(access, gets, 32, get, 200))) })
  await lists(access, path, pods)
}

const forms: readonly [name: string, query: string][] = [
  ['list all', ''],
  ['list all, resourceVersion=0', '?resourceVersion=0'],
  ['list 1 % by label', '?labelSelector=part%3D7'],
  ['list a page of 500', '?limit=500'],
]

async function lists(access: ClusterAccess, path: string, pods: number): Promise<void> {
  const connection = await Connection.open(access)
  const pings = new Worker(new URL('./bench-ping.ts', import.meta.url), { workerData: access })
  await once(pings, 'message')
  const slowestPing = async () => {
    pings.postMessage('')
    return ((await once(pings, 'message')) as [number])[0]
  }
  for (const [name, query] of forms) {
    const request = requestBytes(access, 'GET', path + query)
    const times: number[] = []
    const held: number[] = []
    let bytes = 0
    for (let i = 0; i < 5; i++) {
      await slowestPing()
      const started = performance.now()
      const response = await connection.send(request)
      times.push(performance.now() - started)
      held.push(await slowestPing())
      expect(response, 200, i)
      bytes = response.bytes
    }
    const [middle, best] = [median(times), Math.min(...times)]
    const items = await itemCount(connection, request)
    report(`${name} (${pods} pods)`, {
      medianMs: round(middle),
      bestMs: round(best),
      slowestPingMedianMs: round(median(held)),
      megabytes: round(bytes / 1e6),
      items,
    })
  }
  connection.close()
  await pings.terminate()
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

/** Outside of the timed part: how many items the answer really has. */
async function itemCount(connection: Connection, request: Buffer): Promise<number> {
  const pieces: Buffer[] = []
  await connection.send(request, (piece) => pieces.push(Buffer.from(piece)))
  return (JSON.parse(Buffer.concat(pieces).toString()) as { items: unknown[] }).items.length
}

async function watching(access: ClusterAccess, { namespace, share }: LoadJob): Promise<void> {
  const watchers = 100
  const events = Math.round(400 * Math.max(share, 0.25))
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  const times: number[] = []
  const writes: number[] = []
  for (let round = 0; round < 5; round++) {
    const { seconds, written } = await fanOut(access, path, watchers, events, round)
    times.push(seconds)
    writes.push(written)
  }
  report('watch fan-out', {
    watchers,
    events,
    deliveredAllAfterSeconds: round(median(times), 2),
    bestSeconds: round(Math.min(...times), 2),
    writesTookSeconds: round(median(writes), 2),
    perSecond: Math.round((watchers * events) / median(times)),
  })
}

/** So many events to so many watchers: from the first write to the last event at the last watcher. */
async function fanOut(access: ClusterAccess, path: string, watchers: number, events: number, round: number) {
  const asked = await Connection.open(access)
  const pieces: Buffer[] = []
  await asked.send(requestBytes(access, 'GET', `${path}?limit=1`), (piece) => pieces.push(Buffer.from(piece)))
  const { metadata } = JSON.parse(Buffer.concat(pieces).toString()) as { metadata: { resourceVersion: string } }
  asked.close()
  const done = Promise.withResolvers<number>()
  let delivered = 0
  const count = (piece: Buffer) => {
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) delivered++
    if (delivered >= watchers * events) done.resolve(performance.now())
  }
  const request = requestBytes(access, 'GET', `${path}?watch=true&resourceVersion=${metadata.resourceVersion}`)
  const connections = await Promise.all(Array.from({ length: watchers }, () => Connection.open(access)))
  await Promise.all(connections.map((connection) => connection.follow(request, count)))
  const body = (i: number) => JSON.stringify({ metadata: { name: `event-${round}-${i}` }, data: { text: 'x'.repeat(1500) } })
  const started = performance.now()
  const written = await concurrently(access, events, 16, (i) => requestBytes(access, 'POST', path, body(i)), 201)
  const seconds = ((await done.promise) - started) / 1000
  for (const connection of connections) connection.close()
  return { seconds, written }
}

const job = JSON.parse(process.argv[2] ?? '') as LoadJob
const access = clusterAccess(parseKubeconfig(readFileSync(job.kubeconfig, 'utf8')))
await (job.measure === 'requests' ? requests : watching)(access, job)
process.exit(0)
