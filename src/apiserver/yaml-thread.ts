// The server's side of the YAML thread: orders with a limit of number and time. The thread starts with the first order and never keeps the
// process alive by itself; one that dies or hangs is replaced.
import { Worker } from 'node:worker_threads'
import { ApiError } from '../apimachinery/api-error.ts'
import { YamlError } from '../apimachinery/schema/yaml.ts'
import type { YamlOrder, YamlReply } from './yaml-worker.ts'

const maxWaiting = 32
const maxMs = 10_000
const resourceLimits = { maxOldGenerationSizeMb: 512, stackSizeMb: 4 }

type Done = Extract<YamlReply, { result: string }>

interface Waiter {
  resolve: (done: Done) => void
  reject: (error: Error) => void
}

let worker: Worker | undefined
let timer: NodeJS.Timeout | undefined
let lastId = 0
const waiting = new Map<number, Waiter>()

/** The JSON of a YAML text, and its duplicate keys. Rejects with a YamlError, or ApiError 429 when too many texts wait already. */
export async function parseYamlInThread(text: Uint8Array, maxBytes: number): Promise<{ json: string; strictErrors: string[] }> {
  const { result, strictErrors } = await order((id) => ({ id, text, maxBytes }))
  return { json: result, strictErrors }
}

/** The YAML of a JSON text. Rejects with ApiError 429 when too many texts wait already. */
export async function printYamlInThread(json: Uint8Array): Promise<string> {
  return (await order((id) => ({ id, print: json }))).result
}

function order(make: (id: number) => YamlOrder): Promise<Done> {
  if (waiting.size >= maxWaiting) {
    return Promise.reject(
      new ApiError('TooManyRequests', 'too much YAML is being read and written, please try again later', {
        details: { retryAfterSeconds: 1 },
      }),
    )
  }
  worker ??= startWorker()
  worker.ref()
  const id = ++lastId
  worker.postMessage(make(id))
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject })
    if (waiting.size === 1) watchOver()
  })
}

function startWorker(): Worker {
  const started = new Worker(workerFile(), { execArgv: [], stdin: false, resourceLimits })
  started.on('message', (reply: YamlReply) => settle(reply))
  started.on('error', (error) => replaced(started, error instanceof Error ? error.message : String(error)))
  started.on('exit', () => replaced(started, 'the thread ended'))
  return started
}

/** Beside this file: TypeScript in the source tree, JavaScript in the package. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './yaml-worker.ts' : './yaml-worker.js', import.meta.url)
}

function settle(reply: YamlReply): void {
  const waiter = waiting.get(reply.id)
  waiting.delete(reply.id)
  watchOver()
  if ('error' in reply) waiter?.reject(new YamlError(reply.error))
  else waiter?.resolve(reply)
}

/** The text in work has so much time; the thread holds the process only while texts wait. */
function watchOver(): void {
  clearTimeout(timer)
  if (waiting.size === 0) return worker?.unref()
  timer = setTimeout(() => {
    const hung = worker
    if (hung === undefined) return
    replaced(hung, 'the document takes too long to read')
    void hung.terminate()
  }, maxMs)
  timer.unref()
}

function replaced(old: Worker, reason: string): void {
  if (worker !== old) return
  worker = undefined
  clearTimeout(timer)
  const lost = [...waiting.values()]
  waiting.clear()
  for (const { reject } of lost) reject(new YamlError(`yaml: ${reason}`))
}
