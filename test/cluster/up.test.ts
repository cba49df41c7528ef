// `k8ts up` as a user meets it: starts, says what to type, restarts what crashes, stops without a trace, continues.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { eventually, isAlive, kubectl, listens, pidsOf, spawnUp } from './processes.ts'

const directories: string[] = []
function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'k8ts-up-'))
  directories.push(made)
  return made
}
after(() => {
  for (const made of directories) rmSync(made, { recursive: true, force: true })
})

test('one command gives a Ready node and two lines to type; Ctrl-C leaves no process and no port; a second start continues', async () => {
  const data = directory()
  const up = spawnUp(data, ['--port', '0'])
  await up.ready
  assert.deepEqual(
    up.lines.filter((line) => line.startsWith('  export') || line.startsWith('  kubectl')),
    [`  export KUBECONFIG=${join(data, 'admin.kubeconfig')}`, '  kubectl get nodes'],
  )
  const pids = pidsOf(data)
  assert.deepEqual(Object.keys(pids).sort(), ['apiserver', 'controller-manager', 'kube-proxy', 'kubelet', 'scheduler'])
  assert.match(kubectl(data, 'get', 'nodes'), /node-1 +Ready/)
  assert.equal(statSync(join(data, 'admin.kubeconfig')).mode & 0o777, 0o600)
  assert.equal(statSync(join(data, 'pki', 'ca.key')).mode & 0o777, 0o600)
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) kubectl(data, 'get', 'namespace', name)
  assert.match(kubectl(data, 'get', 'endpoints', 'kubernetes'), /:\d+/)
  kubectl(data, 'create', 'configmap', 'kept', '--from-literal=a=1')
  const port = Number(new URL(kubectl(data, 'config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}')).port)
  const stoppedMs = await up.interrupt()
  assert.ok(stoppedMs < 2000, `stopped after ${stoppedMs} ms`)
  assert.deepEqual(Object.values(pids).filter(isAlive), [])
  assert.equal(await listens(port), false)

  const again = spawnUp(data, ['--port', String(port)])
  await again.ready
  assert.equal(kubectl(data, 'get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}'), '1')
  await again.interrupt()
})

test('kill -9 of any one process while a rollout runs: it completes, nothing is lost or doubled', async () => {
  const data = directory()
  const up = spawnUp(data, ['--port', '0', '--nodes', '2'])
  await up.ready
  kubectl(data, 'create', 'deployment', 'web', '--image=web:0', '--replicas=6')
  kubectl(data, 'rollout', 'status', 'deployment/web', '--timeout=30s')
  let version = 0
  for (const name of ['apiserver', 'controller-manager', 'scheduler', 'kubelet', 'kube-proxy']) {
    version++
    kubectl(data, 'set', 'image', 'deployment/web', `web=web:${version}`)
    const pid = pidsOf(data)[name]!
    process.kill(pid, 'SIGKILL')
    await eventually(`${name} runs again`, () => pidsOf(data)[name] !== pid && isAlive(pidsOf(data)[name]!))
    await eventually(
      `the rollout after ${name} was killed`,
      () => {
        try {
          return kubectl(data, 'rollout', 'status', 'deployment/web', '--timeout=20s').includes('successfully rolled out')
        } catch {
          return false // the API server may be away for a moment
        }
      },
      60_000,
    )
    const images = await eventually(`six pods of version ${version}`, () => {
      const found = kubectl(
        data,
        'get',
        'pods',
        '-l',
        'app=web',
        '-o',
        'jsonpath={range .items[*]}{.metadata.deletionTimestamp}{.spec.containers[0].image} {end}',
      )
        .trim()
        .split(' ')
      return found.length === 6 && found
    })
    assert.deepEqual(new Set(images), new Set([`web:${version}`]), name)
  }
  assert.equal(
    kubectl(data, 'get', 'replicasets', '-o', 'jsonpath={.items[*].spec.replicas}')
      .split(' ')
      .filter((n) => n !== '0').length,
    1,
  )
  await up.interrupt()
})

test('the processes end when up itself is killed', async () => {
  const data = directory()
  const up = spawnUp(data, ['--port', '0', '--nodes', '0'])
  await up.ready
  const pids = Object.values(pidsOf(data))
  assert.equal(pids.length, 3)
  up.process.kill('SIGKILL')
  await eventually('every process to be gone', () => pids.every((pid) => !isAlive(pid)))
})

test('mistakes are named: an unknown flag, a port in use, a flag that up sets itself, a directory in use', async () => {
  const data = directory()
  const words = async (flags: string[]) => {
    const failed = spawnUp(data, flags)
    assert.equal(await failed.exited, 1)
    return failed.lines.join('\n')
  }
  assert.match(await words(['--etcd-servers=http://127.0.0.1:2379']), /unknown flag: --etcd-servers/)
  assert.match(await words(['--port=0', '--tls-cert-file=x']), /--tls-cert-file is set by "up" itself/)
  assert.match(await words(['--port=many']), /invalid argument "many" for "--port" flag/)
  const up = spawnUp(data, ['--port', '0', '--nodes', '0'])
  await up.ready
  const port = new URL(kubectl(data, 'config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}')).port
  assert.match(await words([`--port=${port}`]), /in use/)
  await up.interrupt()
})

test('every API server flag given to up is handed on', async () => {
  const data = directory()
  const up = spawnUp(data, [
    '--port',
    '0',
    '--nodes',
    '0',
    '--service-node-port-range',
    '33000-33999',
    '--service-cluster-ip-range',
    '10.50.0.0/16',
  ])
  await up.ready
  assert.equal(kubectl(data, 'get', 'service', 'kubernetes', '-o', 'jsonpath={.spec.clusterIP}'), '10.50.0.1')
  kubectl(data, 'create', 'service', 'nodeport', 'web', '--tcp=80', '--node-port=33212')
  assert.equal(kubectl(data, 'get', 'service', 'web', '-o', 'jsonpath={.spec.ports[0].nodePort}'), '33212')
  await up.interrupt()
})
