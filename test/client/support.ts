// A transport that answers from a script, and bodies that arrive in pieces.
import type { Transport, TransportRequest } from '../../src/client/transport.ts'

export interface Answer {
  status?: number
  headers?: Record<string, string>
  /** Objects are sent as JSON; several texts are several chunks. */
  body?: unknown
}

export interface Scripted {
  transport: Transport
  requests: TransportRequest[]
}

/** Answers requests in order; the last answer is repeated. */
export function scripted(...answers: Answer[]): Scripted {
  const requests: TransportRequest[] = []
  const transport: Transport = async (request) => {
    const { status = 200, headers = {}, body = {} } = answers[Math.min(requests.length, answers.length - 1)]!
    requests.push(request)
    return { status, headers: { 'content-type': 'application/json', ...headers }, body: chunks(body) }
  }
  return { transport, requests }
}

/** A body of the given texts, or of one JSON value. */
export async function* chunks(body: unknown): AsyncGenerator<Uint8Array> {
  const texts = Array.isArray(body) ? (body as string[]) : [typeof body === 'string' ? body : JSON.stringify(body)]
  for (const text of texts) yield new TextEncoder().encode(text)
}
