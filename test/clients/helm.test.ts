// helm 4, unmodified: a chart of its own making is installed, listed, upgraded, rolled back, uninstalled.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { startTestCluster, type TestCluster } from '../support/cluster.ts'

const bin = resolve('.cache/bin/v35')
/** A chart with a definition of its own, hooks and a test. */
const hooks = resolve('test/clients/fixtures/hooks')
const home = mkdtempSync(join(tmpdir(), 'k8ts-helm-'))
let cluster: TestCluster

before(async () => {
  cluster = await startTestCluster()
  run('kubectl', 'create', 'namespace', 'helm')
})
after(async () => {
  await cluster?.stop()
  rmSync(home, { recursive: true, force: true })
})

function run(program: 'helm' | 'kubectl', ...args: string[]): string {
  const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: home, KUBECONFIG: cluster.kubeconfig }
  return execFileSync(join(bin, program), args, { env, cwd: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 })
}

interface Release {
  name: string
  revision: string
  status: string
  chart: string
}

const releases = () => JSON.parse(run('helm', 'list', '-n', 'helm', '-o', 'json')) as Release[]
const history = () =>
  JSON.parse(run('helm', 'history', 'demo', '-n', 'helm', '-o', 'json')) as { revision: number; status: string; description: string }[]
const replicas = () => run('kubectl', 'get', 'deployment', 'demo', '-n', 'helm', '-o', 'jsonpath={.spec.replicas} {.status.readyReplicas}')

test('create, install, list, upgrade, rollback, history, uninstall', () => {
  run('helm', 'create', 'demo')
  run('helm', 'lint', 'demo')
  run('helm', 'install', 'demo', './demo', '-n', 'helm', '--wait', '--timeout', '60s')
  assert.deepEqual(
    releases().map(({ name, revision, status, chart }) => ({ name, revision, status, chart })),
    [{ name: 'demo', revision: '1', status: 'deployed', chart: 'demo-0.1.0' }],
  )
  assert.equal(replicas(), '1 1')
  run('helm', 'upgrade', 'demo', './demo', '-n', 'helm', '--set', 'replicaCount=3', '--wait', '--timeout', '60s')
  assert.equal(replicas(), '3 3')
  run('helm', 'rollback', 'demo', '1', '-n', 'helm', '--wait', '--timeout', '60s')
  assert.equal(replicas(), '1 1')
  assert.deepEqual(
    history().map(({ revision, status }) => `${revision} ${status}`),
    ['1 superseded', '2 superseded', '3 deployed'],
  )
  assert.match(run('helm', 'get', 'manifest', 'demo', '-n', 'helm'), /kind: Deployment/)
  assert.match(run('helm', 'status', 'demo', '-n', 'helm'), /STATUS: deployed/)
  run('helm', 'uninstall', 'demo', '-n', 'helm', '--wait', '--timeout', '60s')
  assert.deepEqual(releases(), [])
  assert.equal(run('kubectl', 'get', 'deploy,svc,sa,secret', '-n', 'helm', '-l', 'app.kubernetes.io/instance=demo', '-o', 'name'), '')
})

test('a chart that the server refuses leaves a failed release with its words', () => {
  assert.throws(
    () => run('helm', 'install', 'bad', './demo', '-n', 'helm', '--set', 'service.port=99999'),
    (error: Error & { stderr: string }) => {
      assert.match(error.stderr, /99999/)
      return true
    },
  )
  run('helm', 'uninstall', 'bad', '-n', 'helm')
})

test('definitions of a chart come first, hooks run before each release, tests succeed or fail', () => {
  const before = () =>
    run('kubectl', 'get', 'job', 'g-before', '-n', 'helm', '-o', 'jsonpath={.metadata.uid} {.status.succeeded}').split(' ') as [
      string,
      string,
    ]
  run('helm', 'install', 'g', hooks, '-n', 'helm', '--wait', '--timeout', '60s')
  assert.equal(run('kubectl', 'get', 'gadget', 'g', '-n', 'helm', '-o', 'jsonpath={.spec.size}'), '3')
  const [first, succeeded] = before()
  assert.equal(succeeded, '1')
  assert.match(run('helm', 'test', 'g', '-n', 'helm', '--timeout', '60s'), /Phase: +Succeeded/)
  run('helm', 'upgrade', 'g', hooks, '-n', 'helm', '--set', 'testExitCode=1', '--wait', '--timeout', '60s')
  const [second, again] = before()
  assert.equal(again, '1')
  assert.notEqual(second, first)
  assert.throws(
    () => run('helm', 'test', 'g', '-n', 'helm', '--timeout', '60s'),
    (error: Error & { stdout: string; stderr: string }) => /failed/i.test(error.stderr + error.stdout),
  )
  run('helm', 'uninstall', 'g', '-n', 'helm', '--wait', '--timeout', '60s')
  assert.equal(run('kubectl', 'get', 'gadgets', '-n', 'helm', '-o', 'name'), '')
  assert.equal(
    run('kubectl', 'get', 'crd', 'gadgets.hooks.example.com', '-o', 'name'),
    'customresourcedefinition.apiextensions.k8s.io/gadgets.hooks.example.com\n',
  )
})
