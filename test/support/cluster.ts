// Clusters for tests: real processes through `k8ts up`, in a directory of their own, ended with the test.
// K8TS_TEST_KUBECONFIG names a cluster that runs already: quicker while one writes tests.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export interface TestCluster {
  /** File with an administrator's kubeconfig. */
  kubeconfig: string
  /** The cluster's data directory: store, keys, logs, pids.json. */
  directory: string
  /** Lines that `k8ts up` printed: it tells when a component ended by itself. */
  said(): readonly string[]
  /** Ends every process and removes the directory. */
  stop(): Promise<void>
}

export interface TestClusterOptions {
  /** Hollow nodes. Default 2. */
  nodes?: number
  /** More flags of `k8ts up`. */
  flags?: readonly string[]
}

const startMs = 60_000
const stopMs = 10_000

/** Starts a cluster of processes; resolves when its nodes are Ready. Rejects with what the processes said when that does not come. */
export async function startTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const running = process.env['K8TS_TEST_KUBECONFIG']
  if (running !== undefined && options.flags === undefined)
    return { kubeconfig: resolve(running), directory: resolve(running, '..'), said: () => [], stop: async () => {} }
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-test-'))
  const { nodes = 2, flags = [] } = options
  const args = ['src/cli/main.ts', 'up', '--port', '0', '--data-dir', directory, '--nodes', String(nodes), ...flags]
  const up = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise<void>((done) => up.once('exit', () => done()))
  const said: string[] = []
  const stop = async () => {
    if (up.exitCode === null && up.signalCode === null) up.kill('SIGINT')
    const timer = setTimeout(() => up.kill('SIGKILL'), stopMs)
    await exited
    clearTimeout(timer)
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await new Promise<void>((ready, fail) => {
      const timer = setTimeout(() => fail(new Error(`no cluster after ${startMs} ms\n${said.join('\n')}\n${logs(directory)}`)), startMs)
      const line = (text: string) => {
        if (said.push(text) > 100) said.shift()
        if (text.trim() !== 'kubectl get nodes') return
        clearTimeout(timer)
        ready()
      }
      createInterface({ input: up.stdout }).on('line', line)
      createInterface({ input: up.stderr }).on('line', line)
      exited.then(() => {
        clearTimeout(timer)
        fail(new Error(`k8ts up ended\n${said.join('\n')}\n${logs(directory)}`))
      })
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { kubeconfig: join(directory, 'admin.kubeconfig'), directory, said: () => said, stop }
}

/** The last lines of every component's log, for the message of a failed start. */
function logs(directory: string): string {
  const folder = join(directory, 'log')
  if (!existsSync(folder)) return ''
  return readdirSync(folder)
    .map((file) => `--- ${file}\n${readFileSync(join(folder, file), 'utf8').split('\n').slice(-15).join('\n')}`)
    .join('\n')
}
