// The transcripts of a folder against one cluster: every <topic>.sh is run with the real kubectl, what it prints must be <topic>.out.
// A first line `# kubectl: 1.35 1.20` runs it with both; where the old one prints otherwise, <topic>.v20.out holds that.
// UPDATE=1 rewrites the expectations; node's --test-name-pattern picks topics.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { startTestCluster, type TestCluster, type TestClusterOptions } from '../support/cluster.ts'
import { normalTranscript } from './normal.ts'
import { runTopic } from './transcript.ts'

const versions = { '1.35': '.cache/bin/v35', '1.20': '.cache/bin/v20' } as const
type Version = keyof typeof versions
const update = process.env['UPDATE'] === '1'
const topicMs = 120_000

/** What topics may use beside the cluster: started before them, told to them in variables of the environment. */
export type Surroundings = (cluster: TestCluster) => Promise<{ env: Readonly<Record<string, string>>; stop: () => Promise<void> }>

/** Declares the tests of a folder's topics, and of the cluster's health behind them. */
export function transcripts(folder: string, options: TestClusterOptions = {}, surroundings?: Surroundings): void {
  const home = mkdtempSync(join(tmpdir(), 'k8ts-kubectl-'))
  let cluster: TestCluster
  let around: Awaited<ReturnType<Surroundings>> | undefined
  before(async () => {
    cluster = await startTestCluster(options)
    around = await surroundings?.(cluster)
  })
  after(async () => {
    await around?.stop()
    await cluster?.stop()
    rmSync(home, { recursive: true, force: true })
  })
  for (const file of globSync(`${folder}/*.sh`).sort()) {
    const topic = basename(file, '.sh')
    const text = readFileSync(file, 'utf8')
    for (const version of versionsOf(text)) {
      test(`${topic}, kubectl ${version}`, async () => {
        compare(`${folder}/${topic}`, version, await transcript({ folder, topic, text, version, home, cluster, more: around?.env ?? {} }))
      })
    }
  }
  test('no component ended meanwhile', () => {
    assert.deepEqual(
      cluster.said().filter((line) => line.includes('ended')),
      [],
    )
  })
}

function compare(path: string, version: Version, got: string): void {
  const [main, old] = [`${path}.out`, `${path}.v20.out`]
  if (update) {
    if (version === '1.35') writeFileSync(main, got)
    else if (got === readFileSync(main, 'utf8')) rmSync(old, { force: true })
    else writeFileSync(old, got)
    return
  }
  const want = version === '1.20' && existsSync(old) ? old : main
  assert.ok(existsSync(want), `${want} is not there yet: UPDATE=1 writes it`)
  const difference = firstDifference(got, readFileSync(want, 'utf8'))
  assert.equal(difference, undefined, `${want}: ${difference}`)
}

/** Where two transcripts part: the last command before, and some lines of each. */
function firstDifference(got: string, want: string): string | undefined {
  if (got === want) return undefined
  const [left, right] = [got.split('\n'), want.split('\n')]
  const at = left.findIndex((line, i) => line !== right[i])
  const command = left.slice(0, at + 1).findLast((line) => line.startsWith('$ '))
  const part = (lines: readonly string[]) => lines.slice(at, at + 4).join('\n    ')
  return `line ${at + 1}, after\n${command}\n  got\n    ${part(left)}\n  want\n    ${part(right)}`
}

function versionsOf(text: string): Version[] {
  const named = /^# kubectl: (.*)$/m.exec(text)?.[1]?.split(' ') ?? ['1.35']
  return (Object.keys(versions) as Version[]).filter((version) => named.includes(version))
}

interface Run {
  folder: string
  topic: string
  text: string
  version: Version
  home: string
  cluster: TestCluster
  more: Readonly<Record<string, string>>
}

/** Runs a topic in a namespace of its own, which goes away behind it. */
async function transcript({ folder, topic, text, version, home, cluster, more }: Run): Promise<string> {
  const namespace = `${topic}-${version.replace('.', '')}`
  const kubectl = resolve(versions[version])
  const kubeconfig = join(home, `${namespace}.kubeconfig`)
  copyFileSync(cluster.kubeconfig, kubeconfig)
  const env = {
    PATH: `${kubectl}:${process.env['PATH']}`,
    // its own, so that no topic sees what another one's kubectl has cached of the API
    HOME: join(home, namespace),
    KUBECONFIG: kubeconfig,
    NS: namespace,
    TOPIC: resolve(folder),
    EXAMPLES: resolve('examples'),
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    ...more,
  }
  const run = (...args: string[]) => execFileSync(join(kubectl, 'kubectl'), args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  run('create', 'namespace', namespace)
  run('config', 'set-context', '--current', `--namespace=${namespace}`)
  try {
    const raw = await runTopic(text, { env, cwd: mkdtempSync(join(home, 'work-')), timeoutMs: topicMs })
    return normalTranscript(raw, { [namespace]: topic, [resolve(folder)]: '$TOPIC', [resolve('examples')]: '$EXAMPLES' })
  } finally {
    run('delete', 'namespace', namespace, '--wait=false', '--ignore-not-found')
  }
}
