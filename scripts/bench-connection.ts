// One keep-alive connection of the load generator: HTTP/1.1 over a bare TLS socket, requests made beforehand, answers counted and not kept.
// A full HTTP client costs as much as the server that it measures.
import type { TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import type { ClusterAccess } from '../src/client/kubeconfig.ts'

export interface Response {
  status: number
  /** Of the body, as decoded. */
  bytes: number
}

/** The bytes of a request. */
export function requestBytes(access: ClusterAccess, method: string, path: string, body = ''): Buffer {
  const { host } = new URL(access.server)
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'Accept: application/json', 'User-Agent: k8ts-bench/1']
  if (access.token !== undefined) lines.push(`Authorization: Bearer ${access.token}`)
  if (body !== '') lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** What is read next: the head, so many bytes of a body, or the line of a chunk's size. */
type Expecting = 'head' | 'body' | 'size' | 'chunk'

const headEnd = Buffer.from('\r\n\r\n')
const lineEnd = Buffer.from('\r\n')

export class Connection {
  readonly #socket: TLSSocket
  #expecting: Expecting = 'head'
  #rest: Buffer | undefined
  #left = 0
  #response: Response = { status: 0, bytes: 0 }
  #waiting: PromiseWithResolvers<Response> | undefined
  #onBody: ((piece: Buffer) => void) | undefined
  #onHead: (() => void) | undefined

  private constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (piece: Buffer) => this.#take(piece))
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')))
    socket.on('error', (error) => this.#waiting?.reject(error))
  }

  static open(access: ClusterAccess): Promise<Connection> {
    const { hostname, port } = new URL(access.server)
    const { ca, cert, key, insecureSkipTlsVerify } = access
    return new Promise((resolve, reject) => {
      const secure = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) }
      const options = { host: hostname, port: Number(port || 443), ALPNProtocols: ['http/1.1'], rejectUnauthorized: !insecureSkipTlsVerify }
      const socket = connect({ ...options, ...secure }, () => resolve(new Connection(socket)))
      socket.once('error', reject)
    })
  }

  /** Sends a request; resolves when its answer has come in whole. `onBody` sees the pieces of its body. */
  send(request: Buffer, onBody?: (piece: Buffer) => void): Promise<Response> {
    this.#onBody = onBody
    this.#waiting = Promise.withResolvers<Response>()
    this.#socket.write(request)
    return this.#waiting.promise
  }

  /** Sends a request whose answer does not end; resolves when its head is there. */
  async follow(request: Buffer, onBody: (piece: Buffer) => void): Promise<void> {
    const head = Promise.withResolvers<void>()
    this.#onHead = head.resolve
    const over = this.send(request, onBody)
    over.catch(() => {})
    await Promise.race([head.promise, over])
    if (this.#response.status !== 200) throw new Error(`watch: ${this.#response.status}`)
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #take(piece: Buffer): void {
    let data = this.#rest === undefined ? piece : Buffer.concat([this.#rest, piece])
    this.#rest = undefined
    while (data.length > 0) {
      const taken = this.#step(data)
      if (taken === 0) {
        this.#rest = data
        return
      }
      data = data.subarray(taken)
    }
  }

  /** Reads one element; returns its length, 0 when it is not there in whole. */
  #step(data: Buffer): number {
    if (this.#expecting === 'head') {
      const end = data.indexOf(headEnd)
      if (end < 0) return 0
      this.#head(data.toString('latin1', 0, end))
      return end + 4
    }
    if (this.#expecting === 'size') {
      const end = data.indexOf(lineEnd)
      if (end < 0) return 0
      this.#left = Number.parseInt(data.toString('latin1', 0, end), 16)
      // The last chunk is empty; the empty line after it belongs to it.
      if (this.#left === 0 && data.length < end + 4) return 0
      if (this.#left > 0) {
        this.#expecting = 'chunk'
        return end + 2
      }
      this.#done()
      return end + 4
    }
    return this.#body(data)
  }

  #head(text: string): void {
    this.#response = { status: Number(text.slice(9, 12)), bytes: 0 }
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)
    this.#left = Number(length?.[1] ?? 0)
    this.#expecting = length === null ? 'size' : 'body'
    this.#onHead?.()
    if (length !== null && this.#left === 0) this.#done()
  }

  #body(data: Buffer): number {
    const chunked = this.#expecting === 'chunk'
    const size = Math.min(this.#left, data.length)
    if (size > 0) {
      this.#left -= size
      this.#response.bytes += size
      this.#onBody?.(size === data.length ? data : data.subarray(0, size))
    }
    if (this.#left > 0) return size
    if (!chunked) {
      this.#done()
      return size
    }
    if (data.length < size + 2) {
      if (size > 0) return size
      return 0
    }
    this.#expecting = 'size'
    return size + 2
  }

  #done(): void {
    this.#expecting = 'head'
    this.#onHead = undefined
    this.#waiting?.resolve(this.#response)
  }
}
