// Writes a list in pieces of a quarter megabyte, joined from the objects' own bytes, with back-pressure and (large ones) gzip off the loop.

import type { Writable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { stringifyJson } from '../apimachinery/json.ts'
import type { Resolved } from '../apimachinery/kind.ts'
import type { ListMeta } from '../apimachinery/meta.ts'
import { apiVersionOf } from '../apimachinery/meta.ts'
import type { Entry } from './codec.ts'
import { objectOf, toVersion, wirePieces } from './codec.ts'
import type { RequestContext, ServerContext } from './context.ts'
import { readableFrame } from './readable-list.ts'
import { notAcceptable, sendBytes, writeHead } from './respond.ts'
import { columnDefinitions, includeObjectOf, partialMetadata, tableKind, tableRow } from './table.ts'

const pieceBytes = 256 * 1024
/** A piece is passed on when one more object of usual size might not fit. */
const fullBytes = pieceBytes - 16 * 1024
/** Rows are rendered one by one, which takes longer than copying bytes: the loop is given back sooner. */
const renderedBytes = 64 * 1024
/** Printing for humans takes longer still. */
const readableBytes = 16 * 1024
/** Upstream compresses answers above this. */
const gzipThresholdBytes = 128 * 1024

/** One page of a list. */
export interface ListPage {
  entries: readonly Entry[]
  metadata: ListMeta
}

export type Item = (entry: Entry, into: (piece: Buffer | string) => void) => void | Promise<void>

/** Answers with the list, in the form that the request's view asks for. */
export async function writeList(server: ServerContext, request: RequestContext, resolved: Resolved, page: ListPage): Promise<void> {
  const { view } = request
  const plain = frameOf(server, request, resolved, page)
  const human = view.encoding === 'yaml' || view.pretty
  const { head, item, separator = ',', tail } = human ? readableFrame(plain, view.encoding, page.entries.length) : plain
  const pieces = new Pieces()
  pieces.push(head)
  let out: Writable | undefined
  const enough = human ? readableBytes : view.as === undefined ? fullBytes : renderedBytes
  for (const [index, entry] of page.entries.entries()) {
    if (index > 0 && separator !== '') pieces.push(separator)
    const later = item(entry, pieces.push)
    if (later !== undefined) await later
    if (pieces.length < enough) continue
    out ??= startStream(request)
    if (!(await pass(out, pieces.take()))) return
  }
  pieces.push(tail)
  const last = pieces.last()
  if (out === undefined && !(acceptsGzip(request) && last.length > gzipThresholdBytes)) {
    return sendBytes(request, 200, view.contentType, last)
  }
  out ??= startStream(request)
  out.end(request.method === 'HEAD' ? undefined : last)
}

/** What a list is made of: the text before its items, the items, the text after them. */
export interface Frame {
  head: string
  item: Item
  /** Between two items; default a comma. */
  separator?: string
  tail: string
}

function frameOf(server: ServerContext, request: RequestContext, resolved: Resolved, { metadata }: ListPage): Frame {
  const { as, asVersion = 'v1' } = request.view
  const { kind } = resolved
  const meta = `"metadata":${JSON.stringify(metadata)}`
  if (as === undefined) {
    const withType = kind.custom === true
    const head = `{"kind":${JSON.stringify(kind.listKind)},"apiVersion":${JSON.stringify(apiVersionOf(resolved.group, resolved.version))},${meta},"items":[`
    return { head, tail: ']}\n', item: (entry, into) => wirePieces(resolved, entry, withType, into) }
  }
  const version = `"apiVersion":"meta.k8s.io/${asVersion}"`
  const full = (entry: Entry) => toVersion(resolved, objectOf(kind, entry))
  if (as === 'Table') {
    const include = includeObjectOf(request.query)
    const now = server.clock.now()
    const head = `{"kind":"Table",${version},${meta},"columnDefinitions":${JSON.stringify(columnDefinitions(tableKind(resolved)))},"rows":[`
    const table = tableKind(resolved)
    const item: Item = (entry, into) => into(stringifyJson(tableRow(table, objectOf(kind, entry), full(entry), include, asVersion, now)))
    return { head, tail: ']}\n', item }
  }
  if (as === 'PartialObjectMetadata')
    throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (*${kind.listKind})`)
  const head = `{"kind":"PartialObjectMetadataList",${version},${meta},"items":[`
  return { head, tail: ']}\n', item: (entry, into) => into(stringifyJson(partialMetadata(full(entry), asVersion))) }
}

function startStream(request: RequestContext): Writable {
  const gzip = acceptsGzip(request)
  const response = writeHead(request, 200, request.view.contentType, gzip ? { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' } : {})
  if (!gzip) return response
  const compressor = createGzip({ level: 1, chunkSize: pieceBytes })
  compressor.pipe(response)
  response.on('close', () => compressor.destroy())
  return compressor
}

function acceptsGzip(request: RequestContext): boolean {
  const header = request.headers['accept-encoding']
  return typeof header === 'string' && header.split(',').some((coding) => coding.trim().toLowerCase() === 'gzip')
}

/** Writes a piece and gives the loop to others; false when the reader has gone. The piece is used again once it has been sent. */
function pass(out: Writable, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const done = () => {
      out.off('drain', done)
      out.off('close', done)
      resolve(!out.destroyed)
    }
    if (out.destroyed) return resolve(false)
    if (out.write(piece, (error) => error ?? giveBack(piece))) {
      setImmediate(() => resolve(!out.destroyed))
      return
    }
    out.on('drain', done)
    out.on('close', done)
  })
}

/**
 * Buffers that wait for their next piece. New ones for each piece would be tens of megabytes for a long list, for which the collector
 * marks the whole heap: half of the time of a list.
 */
const spare: ArrayBufferLike[] = []
const maxSpare = 8

function giveBack({ buffer }: Buffer): void {
  if (buffer.byteLength === pieceBytes && spare.length < maxSpare) spare.push(buffer)
}

function pieceBuffer(): Buffer {
  const used = spare.pop()
  return used === undefined ? Buffer.allocUnsafeSlow(pieceBytes) : Buffer.from(used)
}

/** Collects buffers and texts into one buffer. */
class Pieces {
  #buffer: Buffer = pieceBuffer()
  length = 0

  push = (piece: Buffer | string): void => {
    const text = typeof piece === 'string'
    const most = text ? piece.length * 3 : piece.length
    if (this.length + most > this.#buffer.length) this.#grow(most)
    if (text) this.length += this.#buffer.write(piece, this.length)
    else {
      this.#buffer.set(piece, this.length)
      this.length += piece.length
    }
  }

  /** What was collected; starts anew. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.length)
    this.#buffer = pieceBuffer()
    this.length = 0
    return taken
  }

  /** What was collected; nothing follows. A short answer does not keep a long buffer. */
  last(): Buffer {
    const taken = Buffer.from(this.#buffer.subarray(0, this.length))
    giveBack(this.#buffer)
    return taken
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.length + size))
    this.#buffer.copy(larger, 0, 0, this.length)
    giveBack(this.#buffer)
    this.#buffer = larger
  }
}
