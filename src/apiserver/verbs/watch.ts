// GET of a collection with watch=true, and the deprecated /watch/ paths: a chunked stream, or a WebSocket with one text message per event.
import type { ServerResponse } from 'node:http'
import type { Entry } from '../codec.ts'
import type { Answer, RequestContext, ServerContext } from '../context.ts'
import { cachedCandidates, selectionPrefix, warmCandidates } from '../listing.ts'
import type { ListOptions } from '../parameters.ts'
import { listOptions } from '../parameters.ts'
import { freshen, revisionOf } from '../reading.ts'
import { drained, writeHead } from '../respond.ts'
import { selection } from '../selection.ts'
import { includeObjectOf } from '../table.ts'
import type { Target } from '../target.ts'
import { frameForm } from '../watch-frames.ts'
import type { FrameSink, WatchPlan } from '../watch-session.ts'
import { WatchSession } from '../watch-session.ts'

export async function watch(server: ServerContext, request: RequestContext, target: Target): Promise<Answer> {
  const plan = await watchPlan(server, request, target)
  if (request.connection.upgrade !== undefined) {
    const { serveWebSocket } = await import('../web-socket-watch.ts')
    await serveWebSocket(request, plan)
  } else {
    const contentType = request.view.encoding === 'json' ? request.view.contentType : `${request.view.contentType};stream=watch`
    const response = writeHead(request, 200, contentType)
    response.flushHeaders()
    if (request.method === 'HEAD') response.end()
    else await new WatchSession(plan, responseSink(server, response)).run()
  }
  return { type: 'hijacked' }
}

async function watchPlan(server: ServerContext, request: RequestContext, { resolved, namespace, name }: Target): Promise<WatchPlan> {
  const options = listOptions(request.query, true)
  const chosen = selection(resolved, options.labelSelector, options.fieldSelector, name === '' ? undefined : name)
  const include = request.view.as === 'Table' ? includeObjectOf(request.query) : 'Metadata'
  const revision = revisionOf(options.resourceVersion)
  const withState = options.sendInitialEvents ?? (revision === undefined || revision === 0)
  if (withState || revision === undefined || revision === 0) await freshen(server, revision)
  const prefix = selectionPrefix(resolved.kind, namespace, chosen)
  if (withState) await warmCandidates(server, resolved, prefix, chosen)
  const fromNow = withState || revision === undefined || revision === 0
  const initial: readonly Entry[] | undefined = withState ? cachedCandidates(server, resolved.kind, prefix, chosen) : undefined
  return {
    server,
    bucket: server.cache.bucket(resolved.kind),
    prefix,
    selection: chosen,
    form: frameForm(resolved, request.view, include, () => server.clock.now()),
    ...(initial === undefined ? {} : { initial }),
    afterRevision: fromNow ? server.cache.revision : revision,
    bookmarks: options.allowWatchBookmarks,
    markInitialEnd: options.sendInitialEvents === true && options.allowWatchBookmarks,
    timeoutMs: timeoutOf(server, options),
    ...(request.initialized === undefined ? {} : { initialized: request.initialized }),
    signal: resolved.kind.ended === undefined ? request.signal : AbortSignal.any([request.signal, resolved.kind.ended]),
  }
}

function timeoutOf(server: ServerContext, { timeoutSeconds }: ListOptions): number {
  const least = server.options.minRequestTimeoutSeconds * 1000
  if (timeoutSeconds === undefined || timeoutSeconds === 0) return Math.round(least * (1 + server.random()))
  return Math.min(Math.max(timeoutSeconds, 0) * 1000, 2 ** 31 - 1)
}

const stuckMs = 5_000

let latest: { frames: readonly Buffer[]; bytes: Buffer } | undefined

/** Frames as one buffer. Watchers of the same events are served one after the other: they share the last one made. */
function joined(frames: readonly Buffer[]): Buffer {
  if (frames.length === 1) return frames[0]!
  const same = latest?.frames.length === frames.length && frames.every((frame, index) => frame === latest?.frames[index])
  if (!same) latest = { frames, bytes: Buffer.concat(frames) }
  return latest!.bytes
}

function responseSink(server: ServerContext, response: ServerResponse): FrameSink {
  return {
    write: (frames) => response.write(joined(frames)),
    drained: () => drained(response),
    end: () => {
      response.end()
      if (response.writableFinished) return
      // A reader that does not even take what is buffered is cut off.
      const stuck = server.clock.after(stuckMs, () => response.destroy())
      response.on('close', () => stuck.cancel())
    },
  }
}
