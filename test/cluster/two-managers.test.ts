// Two controller-managers, each a process, beside one API server: one leads; it is killed while a Deployment rolls out, the other goes on.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Deployment as DeploymentObject } from '../../openapi/types/apps/v1.ts'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ReplicaSet } from '../../src/api/apps/replicaset.ts'
import { Lease } from '../../src/api/coordination/lease.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { clusterAccess, parseKubeconfig } from '../../src/client/kubeconfig.ts'
import { type Cluster, startCluster } from '../../src/cluster.ts'

const directory = mkdtempSync(join(tmpdir(), 'k8ts-two-'))
const managers = new Map<string, ChildProcess>()
let cluster: Cluster | undefined
after(async () => {
  for (const child of managers.values()) child.kill('SIGKILL')
  await cluster?.stop()
  rmSync(directory, { recursive: true, force: true })
})

function spawnManager(name: string): void {
  const flags = [`--kubeconfig=${join(directory, 'kubeconfig')}`, `--leader-elect-identity=${name}`, '--secure-port=0']
  const cidrs = ['--allocate-node-cidrs=true', '--cluster-cidr=10.244.0.0/16', `--root-ca-file=${join(directory, 'ca.crt')}`]
  managers.set(name, spawn(process.execPath, ['src/cli/main.ts', 'controller-manager', ...flags, ...cidrs], { stdio: 'ignore' }))
}

async function eventually<T>(what: string, look: () => Promise<T | undefined | false>, timeoutMs = 60_000): Promise<T> {
  for (const deadline = performance.now() + timeoutMs; ; ) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const replicas = 8
const labels = { app: 'web' }
function deployment(image: string): DeploymentObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      minReadySeconds: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
    },
  }
}

test('kill -9 of the manager that leads during a rollout: the other takes over, nothing is lost or doubled', async () => {
  cluster = await startCluster({ nodes: 2, controllers: [] })
  const { client, kubeconfig } = cluster
  writeFileSync(join(directory, 'kubeconfig'), kubeconfig, { mode: 0o600 })
  writeFileSync(join(directory, 'ca.crt'), clusterAccess(parseKubeconfig(kubeconfig)).ca ?? '')
  const at = { namespace: 'default' }
  const lease = () => client.get(Lease, { namespace: 'kube-system', name: 'kube-controller-manager' }).catch(() => undefined)
  const leader = async () => (await lease())?.spec?.holderIdentity || undefined
  const pods = async (image?: string) =>
    (await client.list(Pod, at)).items.filter(
      ({ metadata, spec }) => metadata?.deletionTimestamp === undefined && (image === undefined || spec?.containers[0]?.image === image),
    )
  const rolledOut = async (image: string) => {
    const { status, metadata } = await client.get(Deployment, { ...at, name: 'web' })
    const done = status?.observedGeneration === metadata?.generation && status?.availableReplicas === replicas
    return done && status.updatedReplicas === replicas && status.replicas === replicas && (await pods(image)).length === replicas
  }

  spawnManager('one')
  spawnManager('two')
  const first = await eventually('a leader', leader)
  const second = first === 'one' ? 'two' : 'one'
  await client.create(Deployment, deployment('web:1'))
  await eventually('the first rollout', () => rolledOut('web:1'))
  assert.equal(await leader(), first, 'the one that waits does not lead')
  const transitions = (await lease())?.spec?.leaseTransitions ?? 0

  await client.patch(Deployment, { ...at, name: 'web' }, { spec: deployment('web:2').spec }, { type: 'merge' })
  await eventually('the first pod of the new version', async () => (await pods('web:2')).length > 0)
  const dead = new Promise((done) => managers.get(first)!.once('exit', done))
  managers.get(first)!.kill('SIGKILL')
  await dead
  assert.equal(await rolledOut('web:2'), false, 'killed in the middle of the rollout')

  assert.equal(await eventually('the other leads', async () => (await leader()) === second && second), second)
  assert.equal((await lease())?.spec?.leaseTransitions, transitions + 1)
  await eventually('the rollout to end', () => rolledOut('web:2'))
  const sets = (await client.list(ReplicaSet, at)).items
  assert.deepEqual(sets.map(({ spec }) => [spec?.template?.spec?.containers[0]?.image, spec?.replicas]).sort(), [
    ['web:1', 0],
    ['web:2', replicas],
  ])
  assert.equal((await pods()).length, replicas)
})
