// One audited request from its arrival to its end: collects what the policy's level asks for, and writes a line per stage.
import type { ServerResponse } from 'node:http'
import type { Status } from '../../apimachinery/api-error.ts'
import { stringifyJson } from '../../apimachinery/json.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { User } from '../authentication/user.ts'
import type { AuditDecision } from './decision.ts'
import type { AuditEvent } from './event.ts'
import { auditLine, bodyText, withoutManagedFields } from './event.ts'
import type { AuditStage } from './policy.ts'

/** What the way of a request tells the audit log. */
export interface AuditRecord {
  impersonated(user: User, constraint: string | undefined): void
  annotate(key: string, value: string): void
  /** The decoded body. */
  requestObject(object: KubeObject): void
  /** The bytes of a patch. */
  patch(body: Buffer): void
  /** The Status that the answer is. */
  status(status: Status): void
  /** The answer has been sent, or will never be. */
  end(): void
}

export interface RecordOptions {
  event: AuditEvent
  decision: AuditDecision
  response: ServerResponse
  /** A protocol upgrade: its answer is written past `response`. */
  upgrade: boolean
  /** Watches, logs, exec …: they have a stage ResponseStarted. */
  longRunning: boolean
  /** Who was refused at the door has only that stage. */
  unauthenticated: boolean
  now: () => number
  write: (line: string) => void
}

/** Answers longer than this are left out of events: they would have to be kept whole. */
const maxResponseBytes = 16 * 1024 * 1024

export function auditRecord(options: RecordOptions): AuditRecord {
  const { event, decision, response, longRunning, unauthenticated } = options
  const bodies = decision.level === 'Request' || decision.level === 'RequestResponse'
  const stage = (name: AuditStage) => {
    if (!decision.omitStages.includes(name)) options.write(auditLine(event, name, options.now()))
  }
  let started = false
  const start = () => {
    if (started) return
    started = true
    event.responseStatus = { ...event.responseStatus, code: codeOf(options) }
    if (longRunning || unauthenticated) stage('ResponseStarted')
  }
  if (longRunning) onHead(response, start)
  const answer = decision.level === 'RequestResponse' && !longRunning ? tapped(response) : undefined
  if (!unauthenticated) stage('RequestReceived')
  return {
    impersonated: (user, constraint) => {
      event.impersonatedUser = user
      if (constraint !== undefined) event.impersonationConstraint = constraint
    },
    annotate: (key, value) => {
      event.annotations[key] ??= value
    },
    requestObject: (object) => {
      const { name, namespace, uid, resourceVersion } = object.metadata ?? {}
      for (const [key, value] of Object.entries({ name, namespace, uid, resourceVersion })) if (value) event.object[key as 'name'] ??= value
      if (bodies) event.requestObject = stringifyJson(decision.omitManagedFields ? withoutManagedFields(object) : object)
    },
    patch: (body) => {
      const text = bodies ? bodyText(body, false) : undefined
      if (text !== undefined) event.requestObject = text
    },
    status: ({ status, message, reason, details }) => {
      event.responseStatus = {
        status,
        ...(message ? { message } : {}),
        ...(reason ? { reason } : {}),
        ...(details === undefined ? {} : { details }),
      }
    },
    end: () => {
      const text = answer === undefined ? undefined : bodyText(answer(), decision.omitManagedFields)
      if (text !== undefined) event.responseObject = text
      start()
      if (!unauthenticated) stage('ResponseComplete')
    },
  }
}

function codeOf({ response, upgrade }: RecordOptions): number {
  return upgrade && !response.headersSent ? 101 : response.statusCode
}

/** Calls back when the head of the answer is written. */
function onHead(response: ServerResponse, callback: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse
  response.writeHead = ((...args: unknown[]) => {
    const result = writeHead(...args)
    callback()
    return result
  }) as ServerResponse['writeHead']
}

/** Keeps what is written to a response; the result gives it, or nothing when it was too much. */
function tapped(response: ServerResponse): () => Buffer {
  const pieces: Buffer[] = []
  let size = 0
  const keep = (piece: unknown) => {
    if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) return
    size += piece.length
    if (size <= maxResponseBytes) pieces.push(Buffer.from(piece as string))
    else pieces.length = 0
  }
  const write = response.write.bind(response) as (...args: unknown[]) => boolean
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse
  let ended = false
  response.write = ((...args: unknown[]) => {
    if (!ended) keep(args[0])
    return write(...args)
  }) as ServerResponse['write']
  response.end = ((...args: unknown[]) => {
    keep(args[0])
    ended = true
    return end(...args)
  }) as ServerResponse['end']
  return () => (size <= maxResponseBytes ? Buffer.concat(pieces) : Buffer.alloc(0))
}
