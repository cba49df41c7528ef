// Go programs on client-go, unmodified, against a cluster of processes: each line that the program prints is one test of a scenario.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { after, before, suite, test } from 'node:test'
import { buildGoClient } from '../../../scripts/go-client.ts'
import { startTestCluster, type TestCluster } from '../../support/cluster.ts'
import { eventually } from '../eventually.ts'

let cluster: TestCluster
let program: string

before(async () => {
  const built = buildGoClient()
  assert.equal(built.errors, '')
  program = built.program
  cluster = await startTestCluster()
})
after(() => cluster?.stop())

interface Run {
  child: ChildProcess
  lines: string[]
  ended: Promise<void>
}

function start(args: readonly string[], environment: Record<string, string> = {}): Run {
  const env = { ...environment, KUBECONFIG: cluster.kubeconfig, HOME: cluster.directory, PATH: process.env['PATH'] }
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const lines: string[] = []
  const take = (chunk: Buffer) => {
    text += chunk
    const whole = text.split('\n')
    text = whole.pop()!
    lines.push(...whole)
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  return { child, lines, ended: new Promise((resolve) => child.on('close', () => resolve())) }
}

const informerSteps = [
  'namespace',
  'a pod',
  'caches sync',
  'what was there is told',
  'what comes is told',
  'what changes is told',
  'the cache has the status',
  'lister',
  'index',
  'nodes',
  'what goes is told',
  'and is gone from the cache',
  'metadata only',
]

/** What each scenario must have done, step by step; test/clients/go says what the steps are. */
const scenarios: Readonly<Record<string, readonly string[]>> = {
  typed: [
    'namespace',
    'create',
    'IsAlreadyExists',
    'get',
    'IsNotFound',
    'update',
    'IsConflict',
    'RetryOnConflict',
    'delete with a wrong uid',
    'delete',
    'IsInvalid',
    'its causes',
    'IsForbidden',
    'IsBadRequest',
    'a broken continue token',
    'no such namespace',
    'IsMethodNotSupported',
    'IsUnsupportedMediaType',
    'IsNotAcceptable',
    'dry run',
    'pager',
    'selectors',
    'delete collection',
    'deployment',
    'its status',
    'secret',
    'service',
    'cron job',
    'delete in the foreground',
    'version',
    'patch of nothing',
  ],
  informers: informerSteps,
  'informers with WatchListClient': informerSteps,
  watch: [
    'namespace',
    'list',
    'three writes',
    'watch',
    'from a list on, all events',
    'watch from the middle',
    'from an object on, what follows',
    'watch for a second',
    'state first, then the end',
    'streaming list',
    'state, then a bookmark',
    'a version of the future',
    'retry watcher',
    'its events',
    'across the end of a watch',
    'UntilWithSync',
    'a cancelled watch ends',
  ],
  patch: [
    'namespace',
    'create',
    'strategic merge patch',
    '$patch: delete',
    'JSON patch',
    'a failed test',
    'merge patch',
    'a patch of an old version',
    'an immutable field',
    'a wrong type',
    'a broken patch',
    'patch of the status',
    'an unknown field, strictly',
  ],
  apply: [
    'namespace',
    'apply creates',
    'apply twice is apply once',
    'a conflict',
    'its cause',
    'force',
    'extract: replicas are no longer mine',
    'a dropped label goes',
    'two appliers, one list',
    'apply of the status',
    'no manager',
    'a uid of nothing',
    'owners are told',
  ],
  dynamic: [
    'namespace',
    'definition',
    'established',
    'create',
    'defaults',
    'IsInvalid',
    'strict',
    'watch',
    'patch',
    'status',
    'no strategic patch',
    'apply',
    'two appliers, one list',
    'list',
    'delete',
    'events',
    'the mapper knows it',
    'definition deleted',
    'its objects are gone',
  ],
  discovery: [
    'groups and resources',
    'preferred namespaced resources',
    'verbs',
    'plain discovery agrees',
    'short names',
    'kind of a resource',
    'no match',
    'version',
    'OpenAPI v3',
    'has deployments',
    'OpenAPI v2 in protobuf',
    'has definitions',
  ],
  pods: [
    'namespace',
    'deployment',
    'budget',
    'budget is counted',
    'running pods',
    'eviction is refused',
    'budget deleted',
    'eviction',
    'the evicted pod goes',
    'eviction of nothing',
    'pod',
    'it runs',
    'a second binding',
    'ephemeral container',
    'logs',
    'logs end',
    'logs of no container',
    'token',
    'token review',
    'access review',
    'who am I',
    'delete at once',
  ],
  scale: [
    'namespace',
    'deployment',
    'get scale',
    'update scale',
    'an old scale',
    'fewer than none',
    'apply scale',
    'scale client',
    'any scale',
    'update of any scale',
    'no pods are left',
  ],
  events: ['namespace', 'object', 'an event is stored', 'the same event is counted', 'search', 'as events.k8s.io'],
}

for (const [name, steps] of Object.entries(scenarios)) {
  suite(`client-go: ${name}`, () => {
    let lines: string[] = []
    before(async () => {
      const [scenario = '', feature] = name.split(' with ')
      const run = start(
        feature === undefined ? [scenario] : [scenario, feature],
        feature === undefined ? {} : { [`KUBE_FEATURE_${feature}`]: 'true' },
      )
      await run.ended
      lines = run.lines
    })
    for (const step of steps) {
      test(step, () => {
        const said = lines.filter((line) => line === `ok ${step}` || line.startsWith(`not ok ${step}:`))
        assert.deepEqual(said, [`ok ${step}`], lines.filter((line) => !line.startsWith('ok ')).join('\n'))
      })
    }
    test('nothing else went wrong', () =>
      assert.deepEqual(
        lines.filter((line) => line.startsWith('not ok') || line.startsWith('panic')),
        [],
      ))
  })
}

test('client-go: leader election: one leads, and when it is killed the other', async () => {
  const candidates = ['a', 'b'].map((name) => ({ name, ...start(['lead', name]) }))
  try {
    const leading = () => candidates.filter(({ name, lines }) => lines.includes(`leads ${name}`))
    await eventually(() => leading().length === 1, 'one candidate leads')
    const [leader] = leading()
    const other = candidates.find((candidate) => candidate !== leader)!
    await eventually(() => other.lines.includes(`sees ${leader!.name}`), 'the other sees who leads')
    assert.equal(leading().length, 1)
    leader!.child.kill('SIGKILL')
    await leader!.ended
    await eventually(() => other.lines.includes(`leads ${other.name}`), 'the other leads', 30_000)
  } finally {
    for (const { child } of candidates) child.kill('SIGKILL')
    await Promise.all(candidates.map(({ ended }) => ended))
  }
})
