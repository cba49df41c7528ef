// Watch frames: one JSON object a line. An ERROR frame becomes the ApiError it carries.
import { fromStatus, type Status } from '../apimachinery/api-error.ts'
import { parseJson } from '../apimachinery/json.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { WatchEvent, WatchEventType } from './client.ts'

/** One event may not be larger than this; upstream's objects are limited to 3 MiB. */
const maxFrameBytes = 16 << 20

/** Yields the events of a watch body; ends with it; throws ApiError for an ERROR event. */
export async function* watchEvents<T extends KubeObject>(body: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent<T>> {
  for await (const line of lines(body)) {
    const frame = parseJson(line) as { type: string; object: T }
    if (frame.type === 'ERROR') {
      const status = frame.object as unknown as Partial<Status>
      throw fromStatus(status, status.code ?? 500)
    }
    yield { type: frame.type as WatchEventType, object: frame.object }
  }
}

/** Splits a byte stream at newlines; a last line without one is dropped (a broken stream). */
async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  for await (const chunk of body) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end)
      start = end + 1
      const line = pending.length === 0 ? piece : Buffer.concat([...pending, piece])
      pending = []
      pendingBytes = 0
      if (line.byteLength > 0) yield line
    }
    if (start < chunk.byteLength) {
      pending.push(chunk.subarray(start))
      pendingBytes += chunk.byteLength - start
      if (pendingBytes > maxFrameBytes) throw new Error(`a watch event is larger than ${maxFrameBytes} bytes`)
    }
  }
}
