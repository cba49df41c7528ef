// Debian's python3-kubernetes, unmodified, against a cluster of processes: each line that the program prints is one test.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { startTestCluster, type TestCluster } from '../../support/cluster.ts'

let cluster: TestCluster
let lines: string[] = []
let complaints = ''

before(async () => {
  cluster = await startTestCluster()
  const env = { KUBECONFIG: cluster.kubeconfig, HOME: cluster.directory, PYTHONDONTWRITEBYTECODE: '1' }
  await new Promise<void>((resolve) =>
    execFile('/usr/bin/python3', ['test/clients/python/program.py'], { env, timeout: 180_000 }, (_error, stdout, stderr) => {
      lines = stdout.split('\n')
      complaints = stderr
      resolve()
    }),
  )
})
after(() => cluster?.stop())

const steps = [
  ...['namespace', 'its service account'],
  ...['create', 'replace, and a conflict', 'pages', 'patches', 'dry run, delete collection', 'secret', 'pretty', 'delete'],
  ...['error: not found', 'error: already exists', 'error: invalid', 'error: forbidden', 'error: selectors'],
  ...['deployment', 'its status', 'scale', 'a pod, its log, its eviction', 'delete in the foreground', 'create_from_dict'],
  ...['watch', 'a watch ends by its time'],
  ...['discovery', 'dynamic: create, patch, list, delete', 'dynamic: kinds by name', 'dynamic: a custom kind'],
  ...['version, groups, resources', 'access review', 'namespace deleted'],
]

for (const step of steps) {
  test(`python: ${step}`, () => {
    const said = lines.filter((line) => line === `ok ${step}` || line.startsWith(`not ok ${step}:`))
    assert.deepEqual(said, [`ok ${step}`], complaints)
  })
}

test('python: nothing else went wrong', () =>
  assert.deepEqual(
    lines.filter((line) => line.startsWith('not ok')),
    [],
  ))
