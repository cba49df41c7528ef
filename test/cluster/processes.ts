// `k8ts up` as a child of a test: its lines, its end, and kubectl beside it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'

export const kubectlPath = '.cache/bin/v35/kubectl'

export interface Up {
  process: ChildProcess
  lines: string[]
  /** Resolves when the two lines for the user have been printed; rejects when the process ends before. */
  ready: Promise<void>
  exited: Promise<number | null>
  /** Ctrl-C; resolves with the milliseconds until it was gone. */
  interrupt(): Promise<number>
}

export function spawnUp(directory: string, flags: readonly string[]): Up {
  const child = spawn(process.execPath, ['src/cli/main.ts', 'up', '--data-dir', directory, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const ready = Promise.withResolvers<void>()
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let text = ''
  const take = (chunk: Buffer) => {
    text += chunk
    lines.splice(0, lines.length, ...text.split('\n'))
    if (text.includes('kubectl get nodes')) ready.resolve()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  void exited.then((code) => ready.reject(new Error(`up ended with ${code}:\n${text}`)))
  ready.promise.catch(() => {})
  return {
    process: child,
    lines,
    ready: ready.promise,
    exited,
    async interrupt() {
      const started = performance.now()
      child.kill('SIGINT')
      await exited
      return performance.now() - started
    },
  }
}

/** Process ids of the components, as `up` last wrote them. */
export function pidsOf(directory: string): Record<string, number> {
  return JSON.parse(readFileSync(join(directory, 'pids.json'), 'utf8')) as Record<string, number>
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Runs kubectl against a data directory's cluster; throws with its output when it fails. */
export function kubectl(directory: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(kubectlPath, args, {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, KUBECONFIG: join(directory, 'admin.kubeconfig'), HOME: directory },
  })
  if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr || stdout}`)
  return stdout
}

/** kubectl until it succeeds: for use while a component is being restarted. */
export async function kubectlEventually(directory: string, ...args: string[]): Promise<string> {
  for (let left = 60; ; left--) {
    try {
      return kubectl(directory, ...args)
    } catch (error) {
      if (left === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}

/** True when something listens on the port of this machine's loopback. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

export async function eventually<T>(what: string, look: () => T | undefined | false, timeoutMs = 20_000): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
