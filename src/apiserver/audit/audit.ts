// The audit log of a server: the policy decides for each request, records write lines to a sink that never makes them wait.
import { isIP } from 'node:net'
import type { User } from '../authentication/user.ts'
import type { RequestContext } from '../context.ts'
import { counterText } from './counters.ts'
import { auditDecision } from './decision.ts'
import type { AuditPolicy } from './policy.ts'
import type { AuditRecord } from './record.ts'
import { auditRecord } from './record.ts'

/** Takes lines; false: there was no room, and the line is lost. */
export interface AuditSink {
  write(line: string): boolean
  close(): Promise<void>
}

/** How a request is to be recorded. */
export interface AuditedRequest {
  request: RequestContext
  /** Absent: authentication failed. */
  user: User | undefined
  longRunning: boolean
}

export interface Audit {
  /** Undefined: the policy does not want to know of it. */
  begin(audited: AuditedRequest): AuditRecord | undefined
  /** Lines of /metrics. */
  metrics(): string[]
  close(): Promise<void>
}

export function auditLog(policy: AuditPolicy, sink: AuditSink, now: () => number): Audit {
  const levels = new Map<string, number>()
  let events = 0
  let lost = 0
  const write = (line: string) => {
    events++
    if (!sink.write(line)) lost++
  }
  return {
    begin: ({ request, user, longRunning }) => {
      const decision = auditDecision(policy, user, request.info)
      levels.set(decision.level, (levels.get(decision.level) ?? 0) + 1)
      if (decision.level === 'None') return undefined
      const { request: raw, response, upgrade } = request.connection
      const event = {
        level: decision.level,
        auditId: request.auditId,
        requestUri: raw.url ?? '/',
        info: request.info,
        user,
        sourceIps: sourceIps(request.headers, raw.socket.remoteAddress),
        userAgent: raw.headers['user-agent'] ?? '',
        object: {},
        receivedAt: request.receivedAt,
        annotations: {},
      }
      const unauthenticated = user === undefined
      return auditRecord({ event, decision, response, upgrade: upgrade !== undefined, longRunning, unauthenticated, now, write })
    },
    metrics: () => [
      ...counterText('apiserver_audit_event_total', 'Audit events made and sent to the log.', [['', events]]),
      ...counterText('apiserver_audit_error_total', 'Audit events that were lost.', [['{plugin="log"}', lost]]),
      ...counterText(
        'apiserver_audit_level_total',
        'Requests by the level that the audit policy gives them.',
        [...levels].map(([level, count]) => [`{level="${level}"}`, count]),
      ),
    ],
    close: () => sink.close(),
  }
}

/** X-Forwarded-For, X-Real-Ip, then the peer, as upstream tells them. */
function sourceIps(headers: RequestContext['headers'], peer = ''): string[] {
  const text = (name: string) => [headers[name] ?? ''].flat().join(',')
  const ips = text('x-forwarded-for')
    .split(',')
    .slice(0, 64)
    .map((part) => part.trim())
    .filter((part) => isIP(part) !== 0)
  const real = text('x-real-ip').trim()
  if (isIP(real) !== 0 && !ips.includes(real)) ips.push(real)
  const remote = peer.replace(/^::ffff:(?=\d+\.)/, '')
  if (isIP(remote) !== 0 && ips.at(-1) !== remote) ips.push(remote)
  return ips
}
