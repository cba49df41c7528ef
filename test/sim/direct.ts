// Requests straight into the server's handler: no socket and no HTTP parser, so nothing but promises decides what happens first.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable, Writable } from 'node:stream'
import type { ServerContext } from '../../src/apiserver/context.ts'
import { handle } from '../../src/apiserver/handle.ts'
import type { TransportRequest } from '../../src/client/transport.ts'

/** An answer that is under way. */
export interface Exchange {
  /** Resolves with the status line and the headers; rejects when the server breaks off before. */
  head: Promise<{ status: number; headers: Record<string, string | string[] | undefined> }>
  body: AsyncIterable<Uint8Array>
  /** The client has gone, or the connection has. */
  cut(): void
}

/** Hands a request to the server. */
export function exchange(server: ServerContext, { method, path, headers, body }: TransportRequest): Exchange {
  const request = new Readable({ read() {} })
  Object.assign(request, { method, url: path, headers, rawHeaders: Object.entries(headers).flat(), socket: {}, complete: true })
  if (body !== undefined) request.push(typeof body === 'string' ? Buffer.from(body) : body)
  request.push(null)
  const response = new MemoryResponse()
  void handle(server, { request: request as unknown as IncomingMessage, response: response as unknown as ServerResponse })
  return {
    head: response.head.promise,
    body: response.pieces(),
    cut: () => {
      response.destroy()
      request.destroy()
    },
  }
}

/** As much of a ServerResponse as handlers use; what is written waits for its reader. */
class MemoryResponse extends Writable {
  statusCode = 200
  headersSent = false
  readonly head = Promise.withResolvers<{ status: number; headers: Record<string, string> }>()
  readonly #headers: Record<string, string> = {}
  #pieces: Uint8Array[] = []
  #wake: (() => void) | undefined

  constructor() {
    super()
    this.head.promise.catch(() => {})
    this.on('close', () => {
      this.head.reject(new Error('socket hang up'))
      this.#wake?.()
    })
    this.on('finish', () => this.#wake?.())
    this.on('error', () => {})
  }

  setHeader(name: string, value: string): this {
    this.#headers[name.toLowerCase()] = value
    return this
  }

  getHeader(name: string): string | undefined {
    return this.#headers[name.toLowerCase()]
  }

  writeHead(code: number): this {
    this.statusCode = code
    this.headersSent = true
    this.head.resolve({ status: code, headers: this.#headers })
    return this
  }

  flushHeaders(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // the writer uses its buffers again
    this.#pieces.push(Buffer.from(chunk))
    done()
    this.#wake?.()
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const pieces = this.#pieces
      this.#pieces = []
      yield* pieces
      if (this.#pieces.length > 0) continue
      if (this.writableFinished) return
      if (this.destroyed) throw new Error('aborted')
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
