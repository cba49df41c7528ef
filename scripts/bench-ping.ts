// A worker thread of the load: asks a small question again and again while others ask large ones. How long its slowest answer took is how
// long the server's event loop was held at most (and how long this thread waited for a core).
import { parentPort, workerData } from 'node:worker_threads'
import type { ClusterAccess } from '../src/client/kubeconfig.ts'
import { Connection, requestBytes } from './bench-connection.ts'

const betweenMs = 1
const port = parentPort!
const access = workerData as ClusterAccess
const connection = await Connection.open(access)
const question = requestBytes(access, 'GET', '/livez')
let slowestMs = 0

/** Any message asks for the slowest answer since the last one. */
port.on('message', () => {
  port.postMessage(slowestMs)
  slowestMs = 0
})

port.postMessage('ready')
for (;;) {
  const asked = performance.now()
  await connection.send(question)
  slowestMs = Math.max(slowestMs, performance.now() - asked)
  await new Promise((resolve) => setTimeout(resolve, betweenMs))
}
