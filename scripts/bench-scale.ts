// The scale part of npm run bench: 1,000 hollow nodes, a Deployment of 1,000 replicas rolled out and rolled over, pods up to 10,000; how fast, and
// what each process has used of CPU and memory. Needs Linux (/proc) and about 3 GB.
import { readFileSync } from 'node:fs'
import type { Node, Pod } from '../openapi/types/core/v1.ts'
import { Deployment } from '../src/api/apps/deployment.ts'
import { Pod as PodKind } from '../src/api/core/pod/index.ts'
import type { Client } from '../src/client/client.ts'
import { ClusterCache } from '../src/scheduler/cache.ts'
import { schedule } from '../src/scheduler/cycle.ts'
import { podInfo } from '../src/scheduler/pod-info.ts'
import { defaultProfile } from '../src/scheduler/profile.ts'
import type { Reader, World } from '../src/scheduler/snapshot.ts'

/** A running cluster: its client, its processes by name, and where figures go. */
export interface ScaleTarget {
  client: Client
  pids: Record<string, number>
  report(figure: string, values: Record<string, unknown>): void
}

const namespace = 'default'
const seconds = (since: number) => Number(((performance.now() - since) / 1000).toFixed(2))
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** CPU seconds a process has used: user and system time in ticks of 10 ms, fields 14 and 15 of /proc/PID/stat. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function usage(pids: Record<string, number>) {
  const rss = (pid: number) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
  return {
    cpu: Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)])),
    rssMiB: Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, rss(pid)])),
  }
}

const total = (values: Record<string, number>) => Object.values(values).reduce((a, b) => a + b, 0)

const deployment = (name: string, replicas: number, image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image, resources: { requests: { cpu: '10m', memory: '16Mi' } } }] },
    },
  },
})

/** Until all replicas are of the newest template and available. */
async function rolledOut(client: Client, name: string): Promise<void> {
  for (;;) {
    const { metadata, spec, status } = await client.get(Deployment, { name, namespace })
    const wanted = spec?.replicas ?? 1
    const done = [status?.updatedReplicas, status?.availableReplicas, status?.replicas].every((count) => count === wanted)
    if (done && status?.observedGeneration === metadata?.generation) return
    await pause(100)
  }
}

/** Runs `work` and says how long it took and what it cost. */
async function measured({ pids, report }: ScaleTarget, figure: string, pods: number, work: () => Promise<void>): Promise<void> {
  const before = usage(pids)
  const started = performance.now()
  await work()
  const after = usage(pids)
  const cpu = Object.fromEntries(Object.entries(after.cpu).map(([name, used]) => [name, Number((used - before.cpu[name]!).toFixed(1))]))
  const took = seconds(started)
  report(figure, {
    seconds: took,
    podsPerSecond: Math.round(pods / took),
    cpuSeconds: cpu,
    cpuMsPerPod: Number(((total(cpu) * 1000) / pods).toFixed(1)),
    rssMiB: after.rssMiB,
  })
}

/** The work of a growing cluster. `nodes` of them are Ready. */
export async function scale(target: ScaleTarget, nodes: number, share = 1): Promise<void> {
  const { client } = target
  const size = Math.round(1000 * share)
  await measured(target, `Deployment of ${size} replicas on ${nodes} nodes: rolled out`, size, async () => {
    await client.create(Deployment, deployment('first', size, 'nginx:1') as never)
    await rolledOut(client, 'first')
  })
  await measured(target, `Deployment of ${size} replicas: rolled over to another image`, size, async () => {
    const spec = { template: { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } } }
    await client.patch(Deployment, { name: 'first', namespace }, { spec }, { type: 'strategic' })
    await rolledOut(client, 'first')
  })
  for (let i = 1; i < 10; i += 3) {
    await measured(target, `${3 * size} more pods with ${i * size} there`, 3 * size, async () => {
      await client.create(Deployment, deployment(`more-${i}`, 3 * size, 'nginx:1') as never)
      await rolledOut(client, `more-${i}`)
    })
  }
  await bindingRate(target, size)
}

/** Pods that are there already, the scheduler stopped meanwhile: how long until all have a node. */
async function bindingRate({ client, pids, report }: ScaleTarget, count: number): Promise<void> {
  const { scheduler } = pids
  if (scheduler === undefined) return
  process.kill(scheduler, 'SIGSTOP')
  try {
    const names = Array.from({ length: count }, (_, i) => `waiting-${i}`)
    const create = (name: string) =>
      client.create(PodKind, {
        metadata: { name, namespace, labels: { app: 'waiting' } },
        spec: { containers: [{ name: 'main', image: 'nginx', resources: { requests: { cpu: '10m' } } }] },
      } as Pod)
    for (let i = 0; i < count; i += 50) await Promise.all(names.slice(i, i + 50).map(create))
  } finally {
    process.kill(scheduler, 'SIGCONT')
  }
  const started = performance.now()
  for (;;) {
    const { items } = await client.list(PodKind, { namespace, labelSelector: 'app=waiting', fieldSelector: 'spec.nodeName=' })
    if (items.length === 0) break
    await pause(50)
  }
  const took = seconds(started)
  report(`scheduler: ${count} waiting pods bound, kubelets starting them meanwhile`, {
    seconds: took,
    podsPerSecond: Math.round(count / took),
  })
}

const empty: Reader<never> = { get: () => undefined, list: () => [] }
const emptyWorld: World = {
  namespaces: empty,
  services: empty,
  claims: empty,
  volumes: empty,
  storageClasses: empty,
  csiNodes: empty,
  csiDrivers: empty,
  csiCapacities: empty,
  volumeAttachments: empty,
  budgets: empty,
  owners: { replicationControllers: empty, replicaSets: empty, statefulSets: empty },
}

/** Decisions alone, in this process: 5,000 pods placed on 1,000 nodes by the default profile, without any I/O. */
export function decisions(report: ScaleTarget['report'], nodes = 1000, pods = 5000): void {
  const cache = new ClusterCache(emptyWorld)
  for (let i = 0; i < nodes; i++) {
    const labels = { 'kubernetes.io/hostname': `node-${i}`, 'topology.kubernetes.io/zone': `zone-${i % 3}` }
    const status = { allocatable: { cpu: '32', memory: '256Gi', pods: '110' } }
    cache.setNode({ metadata: { name: `node-${i}`, labels }, status } as Node)
  }
  const profile = defaultProfile()
  const started = performance.now()
  let start = 0
  for (let i = 0; i < pods; i++) {
    const containers = [{ name: 'main', image: 'nginx', resources: { requests: { cpu: '10m', memory: '16Mi' } } }]
    const pod = podInfo({ metadata: { name: `pod-${i}`, namespace, uid: `${i}` }, spec: { containers } } as Pod)
    const outcome = schedule(pod, cache, profile, Math.random, start)
    if (!('node' in outcome)) throw new Error(`pod ${i} fits nowhere`)
    cache.assume(pod, outcome.node.name)
    start = (start + outcome.examined) % nodes
  }
  const took = seconds(started)
  report(`scheduler: decisions on ${nodes} nodes, no I/O`, { pods, seconds: took, podsPerSecond: Math.round(pods / took) })
}
