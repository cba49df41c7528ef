// A whole server behind a real TLS socket, and the tools of an attacker: raw bytes, and a watch on how long the event loop was held.
import assert from 'node:assert/strict'
import { request } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { createCertificateAuthority, issueCertificate } from '../../../src/pki/certificate.ts'
import { startWhole, type WholeServer } from '../side/whole-server.ts'

export interface Attacked extends WholeServer {
  port: number
  /** Sends bytes as they are and reads until the server closes, `until` matches, or `forMs` is over. */
  raw: (bytes: string | Buffer, options?: { until?: Pick<RegExp, 'test'>; forMs?: number }) => Promise<string>
  open: () => Promise<TLSSocket>
  /** A request by node:https, as an administrator. */
  ask: (method: string, path: string, body?: string | Buffer, headers?: Record<string, string>) => Promise<Heard>
}

export interface Heard {
  code: number
  headers: Record<string, string | string[] | undefined>
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into
  body: any
}

export const authorization = 'Bearer admin-token'
/** How long one turn of the event loop may last (guarantees.md). */
export const maxHoldMs = 400

const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }

/** Starts a server with a namespace `default` on a free port of 127.0.0.1. */
export async function startAttacked(): Promise<Attacked> {
  const ca = createCertificateAuthority({ commonName: 'ca', ...validity })
  const own = issueCertificate({ ca, commonName: 'kube-apiserver', ipAddresses: ['127.0.0.1'], usages: ['server'], ...validity })
  const tls = { cert: own.certificatePem, key: own.privateKeyPem }
  const whole = await startWhole({ server: { bindAddress: '127.0.0.1', securePort: 0, tls } })
  const port = Number(new URL(await whole.server.listen()).port)
  await whole.namespace('default')
  const open = () =>
    new Promise<TLSSocket>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => resolve(socket))
      socket.on('error', reject)
    })
  return {
    ...whole,
    port,
    open,
    raw: async (bytes, { until, forMs = 3000 } = {}) => {
      const socket = await open()
      return new Promise((resolve) => {
        let heard = ''
        const done = () => {
          timer.close()
          socket.destroy()
          resolve(heard)
        }
        const timer = setTimeout(done, forMs)
        socket.removeAllListeners('error').on('error', done).on('close', done)
        socket.on('data', (piece) => {
          heard += piece.toString('latin1')
          if (until?.test(heard)) done()
        })
        socket.write(bytes)
      })
    },
    ask: (method, path, body, headers) => ask(port, method, path, body, headers),
  }
}

function ask(port: number, method: string, path: string, body?: string | Buffer, headers: Record<string, string> = {}): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port, host: '127.0.0.1', method, path, rejectUnauthorized: false, agent: false, headers: { authorization, ...headers } },
      (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString()
          let parsed: unknown
          if (text.length < 1e6 && text.startsWith('{')) parsed = JSON.parse(text)
          resolve({ code: response.statusCode!, headers: response.headers, text, body: parsed })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Runs an attack; gives its result and the longest time (of this thread's processor, so that other load does not count) of one turn. */
export async function held<T>(attack: () => Promise<T>): Promise<{ result: T; heldMs: number }> {
  const used = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let before = used()
  let heldMs = 0
  const ticker = setInterval(() => {
    const now = used()
    heldMs = Math.max(heldMs, now - before)
    before = now
  }, 2)
  try {
    await wait(5)
    before = used()
    heldMs = 0
    const result = await attack()
    await wait(5)
    return { result, heldMs }
  } finally {
    clearInterval(ticker)
  }
}

/** The same, refusing a turn that is too long. */
export async function calmly<T>(attack: () => Promise<T>): Promise<T> {
  const { result, heldMs } = await held(attack)
  assert.ok(heldMs < maxHoldMs, `the event loop was held for ${heldMs.toFixed(0)} ms`)
  return result
}
