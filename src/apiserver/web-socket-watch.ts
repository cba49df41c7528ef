// A watch over a WebSocket: one text message per event. Loaded with the first one.
import { WebSocket, WebSocketServer } from 'ws'
import type { RequestContext } from './context.ts'
import type { FrameSink, WatchPlan } from './watch-session.ts'
import { WatchSession } from './watch-session.ts'

const highWaterBytes = 1024 * 1024
const webSockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024, handleProtocols: () => false })

/** Takes the upgrade and serves the watch until the client, the plan or the server ends it. A handshake that is none has been refused by the library. */
export async function serveWebSocket(request: RequestContext, plan: WatchPlan): Promise<void> {
  const { request: raw, upgrade } = request.connection
  const { promise, resolve } = Promise.withResolvers<WebSocket | undefined>()
  upgrade!.socket.once('close', () => resolve(undefined))
  webSockets.handleUpgrade(raw, upgrade!.socket, upgrade!.head, resolve)
  const socket = await promise
  if (socket === undefined) return
  const gone = new AbortController()
  socket.on('close', () => gone.abort())
  socket.on('error', () => gone.abort())
  let waiting: (() => void) | undefined
  const sink: FrameSink = {
    write: (frames) => {
      for (const frame of frames) {
        socket.send(frame.toString(), () => {
          if (socket.bufferedAmount <= highWaterBytes) waiting?.()
        })
      }
      return socket.bufferedAmount <= highWaterBytes || socket.readyState !== WebSocket.OPEN
    },
    drained: () =>
      new Promise((resolve) => {
        waiting = resolve
        if (socket.bufferedAmount <= highWaterBytes || gone.signal.aborted) resolve()
        gone.signal.addEventListener('abort', () => resolve(), { once: true })
      }),
    end: () => socket.close(1000),
  }
  await new WatchSession({ ...plan, signal: AbortSignal.any([plan.signal, gone.signal]) }, sink).run()
}
