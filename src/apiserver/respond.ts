// Writes answers: heads, objects, errors. Lists and watches have their own writers (list-writer.ts, watch-stream.ts) and begin here too.
import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import type { Status } from '../apimachinery/api-error.ts'
import { ApiError } from '../apimachinery/api-error.ts'
import { stringifyJson } from '../apimachinery/json.ts'
import type { Resolved } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Entry } from './codec.ts'
import { objectOf, toVersion, wireBytes } from './codec.ts'
import type { Answer, RequestContext, ServerContext, View } from './context.ts'
import { prepareEntries } from './prepare-entries.ts'
import { columnDefinitions, includeObjectOf, partialMetadata, tableKind, tableRow } from './table.ts'
import { yamlText } from './yaml-text.ts'
import { printYamlInThread } from './yaml-thread.ts'

/** YAML of a larger object is printed in a thread. */
export const threadedYamlBytes = 32 * 1024

const newline = Buffer.from('\n')

/** Starts the answer: status line and the headers that every answer has (wire.md 63, 64). */
export function writeHead(
  request: Pick<RequestContext, 'warnings' | 'connection' | 'auditId'>,
  code: number,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): ServerResponse {
  const { response } = request.connection
  response.setHeader('Audit-Id', request.auditId)
  response.setHeader('Cache-Control', 'no-cache, private')
  response.setHeader('Content-Type', contentType)
  const warnings = [...new Set(request.warnings)]
  if (warnings.length > 0) response.setHeader('Warning', warnings.map(warningHeader))
  for (const name in headers) response.setHeader(name, headers[name]!)
  response.writeHead(code)
  return response
}

/** `299 - "text"`: quotes and backslashes escaped, control characters dropped, other than Latin-1 letters percent-encoded. */
function warningHeader(text: string): string {
  const clean = text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/["\\]/g, '\\$&')
  return `299 - "${Buffer.from(clean, 'utf8').toString('latin1').slice(0, 4096)}"`
}

/** Sends whole bytes. */
export function sendBytes(
  request: RequestContext,
  code: number,
  contentType: string,
  body: Buffer,
  headers: Record<string, string> = {},
): void {
  const response = writeHead(request, code, contentType, { ...headers, 'Content-Length': String(body.length) })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** The bytes of an object in the encoding of a view. */
export function encodeView(view: View, value: object): Buffer {
  if (view.encoding === 'yaml') return Buffer.from(yamlText(value))
  return Buffer.from(view.pretty ? stringifyJson(value, 2) : `${stringifyJson(value)}\n`)
}

/** Writes what a handler gave back. */
export async function writeAnswer(server: ServerContext, request: RequestContext, answer: Answer): Promise<void> {
  if (answer.type === 'hijacked') return
  if (answer.type === 'raw') {
    sendBytes(request, answer.code ?? 200, answer.contentType, Buffer.from(answer.body), answer.headers)
  } else if (answer.type === 'stream') {
    await writeStream(request, answer)
  } else if (answer.type === 'entry') {
    await prepareEntries(answer.resolved, [answer.entry])
    await writeEntry(server, request, answer.resolved, answer.entry, answer.code ?? 200)
  } else {
    const { view } = request
    if (answer.object.kind === 'Status') request.audit?.status(answer.object as unknown as Status)
    const object =
      request.resolved === undefined ? answer.object : transformed(server, request, request.resolved, answer.object, answer.object)
    sendBytes(request, answer.code ?? 200, view.contentType, await encodeLarge(view, object))
  }
}

/** The same, with the YAML of a large object printed in a thread. */
async function encodeLarge(view: View, value: object): Promise<Buffer> {
  if (view.encoding !== 'yaml') return encodeView(view, value)
  const json = Buffer.from(stringifyJson(value))
  return json.length < threadedYamlBytes ? encodeView(view, value) : Buffer.from(await printYamlInThread(json))
}

async function writeEntry(server: ServerContext, request: RequestContext, resolved: Resolved, entry: Entry, code: number): Promise<void> {
  const { view } = request
  if (view.as === undefined && view.encoding === 'json' && !view.pretty) {
    return sendBytes(request, code, view.contentType, Buffer.concat([wireBytes(resolved, entry), newline]))
  }
  const stored = objectOf(resolved.kind, entry)
  const shown = transformed(server, request, resolved, toVersion(resolved, stored), stored)
  sendBytes(request, code, view.contentType, await encodeLarge(view, shown))
}

/** An object as the view's Table or PartialObjectMetadata; a Status stays what it is. */
function transformed(server: ServerContext, request: RequestContext, resolved: Resolved, full: KubeObject, stored: KubeObject): KubeObject {
  const { as, asVersion = 'v1' } = request.view
  if (as === undefined || full.kind === 'Status') return full
  if (as === 'PartialObjectMetadataList')
    throw notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (*${full.kind})`)
  if (as === 'PartialObjectMetadata') return partialMetadata(full, asVersion)
  const kind = tableKind(resolved)
  const include = includeObjectOf(request.query)
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${asVersion}`,
    metadata: { resourceVersion: full.metadata?.resourceVersion ?? '' },
    columnDefinitions: columnDefinitions(kind),
    rows: [tableRow(kind, stored, full, include, asVersion, server.clock.now())],
  } as KubeObject
}

/** 406 for a transformation that does not fit the object. */
export function notAcceptable(message: string): ApiError {
  return new ApiError('NotAcceptable', message)
}

async function writeStream(request: RequestContext, answer: Extract<Answer, { type: 'stream' }>): Promise<void> {
  const response = writeHead(request, answer.code ?? 200, answer.contentType, answer.headers)
  response.flushHeaders()
  try {
    for await (const piece of answer.body) {
      if (response.destroyed) return
      if (!response.write(piece)) await drained(response)
    }
    response.end()
  } catch (error) {
    response.destroy(error instanceof Error ? error : undefined)
  }
}

/** Resolves when the response takes more, or is gone. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || !response.writableNeedDrain) return resolve()
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

/** Resolves when the response has been handed over to the socket, or is gone. */
export async function ended(response: ServerResponse): Promise<void> {
  await finished(response).catch(() => {})
}

/** Answers with the Status of an error. What is no ApiError is a bug: logged with its stack, answered 500, survived. */
export function writeError(server: ServerContext, request: RequestContext, error: unknown): void {
  const { response } = request.connection
  const known = error instanceof ApiError ? error : internal(server, request, error)
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const retry = known.details?.retryAfterSeconds
  const headers: Record<string, string> = retry === undefined || retry <= 0 ? {} : { 'Retry-After': String(retry) }
  // What the client still sends of a body too large is not read.
  if (known.code === 413 && !request.connection.request.complete) headers['Connection'] = 'close'
  const view: View = request.view.encoding === 'yaml' ? { ...request.view } : { ...request.view, contentType: 'application/json' }
  const status = known.toStatus()
  request.audit?.status(status)
  sendBytes(request, known.code, view.contentType, encodeView(view, status), headers)
}

function internal(server: ServerContext, request: RequestContext, error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error)
  if (request.signal.aborted && request.connection.response.destroyed) return new ApiError('Timeout', 'the client has gone')
  // Calls with more arguments than the stack holds: lists of tens of thousands of faults, which only hostile objects have.
  if (error instanceof RangeError && error.message.startsWith('Maximum call stack'))
    return new ApiError('RequestEntityTooLarge', 'Request entity too large: the object has too many values')
  server.log.error({ err: error, method: request.method, path: request.info.path, auditId: request.auditId }, 'Request failed unexpectedly')
  return new ApiError('InternalError', `Internal error occurred: ${message}`, { details: { causes: [{ message }] } })
}
