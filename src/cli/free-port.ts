// Ports of this machine: any free one, or whether a certain one is.
import { createServer } from 'node:net'
import { UsageError } from './flags.ts'

/** A port of this machine that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** Rejects with a UsageError when somebody listens there. */
export function assertPortFree(port: number): Promise<void> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'EADDRINUSE'
          ? new UsageError(`port ${port} is in use: stop what listens there, or choose another with --port (0 = any)`)
          : error,
      ),
    )
    probe.listen(port, '127.0.0.1', () => probe.close(() => done()))
  })
}
