// audit.k8s.io/v1 Event as a JSON line, in the order of fields in which upstream's API server prints it. Pure.
import { microTimestamp } from '../../apimachinery/clock.ts'
import { isObject, parseJson, stringifyJson } from '../../apimachinery/json.ts'
import type { User } from '../authentication/user.ts'
import type { RequestInfo } from '../request-info.ts'
import type { AuditLevel, AuditStage } from './policy.ts'

/** What an event tells of a request at any stage; bodies are JSON text. */
export interface AuditEvent {
  level: AuditLevel
  auditId: string
  requestUri: string
  info: RequestInfo
  user: User | undefined
  impersonatedUser?: User
  impersonationConstraint?: string
  sourceIps: readonly string[]
  userAgent: string
  /** Name, namespace, uid and resourceVersion that the URL does not tell. */
  object: { name?: string; namespace?: string; uid?: string; resourceVersion?: string }
  /** A Status without kind and apiVersion, or only its code. */
  responseStatus?: Record<string, unknown>
  requestObject?: string
  responseObject?: string
  receivedAt: number
  annotations: Record<string, string>
}

const maxUserAgent = 1024

/** The line of one stage, with its newline. */
export function auditLine(event: AuditEvent, stage: AuditStage, now: number): string {
  const { impersonationConstraint: constraint, userAgent, annotations } = event
  const agent = userAgent.length > maxUserAgent ? `${userAgent.slice(0, maxUserAgent)}...TRUNCATED` : userAgent
  const head = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: event.level,
    auditID: event.auditId,
    stage,
    requestURI: event.requestUri,
    verb: event.info.verb,
    user: userText(event.user),
    ...(event.impersonatedUser === undefined ? {} : { impersonatedUser: userText(event.impersonatedUser) }),
    ...(constraint === undefined ? {} : { authenticationMetadata: { impersonationConstraint: constraint } }),
    ...(event.sourceIps.length === 0 ? {} : { sourceIPs: event.sourceIps }),
    ...(agent === '' ? {} : { userAgent: agent }),
    ...(event.info.isResourceRequest ? { objectRef: objectRef(event) } : {}),
    ...(event.responseStatus === undefined ? {} : { responseStatus: { metadata: {}, ...event.responseStatus } }),
  }
  const tail = {
    requestReceivedTimestamp: microTimestamp(event.receivedAt),
    stageTimestamp: microTimestamp(now),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  }
  let text = stringifyJson(head).slice(0, -1)
  if (event.requestObject !== undefined) text += `,"requestObject":${event.requestObject}`
  if (event.responseObject !== undefined) text += `,"responseObject":${event.responseObject}`
  return `${text},${stringifyJson(tail).slice(1)}\n`
}

function userText(user: User | undefined): object {
  if (user === undefined) return {}
  const { name, uid, groups, extra } = user
  return {
    username: name,
    ...(uid ? { uid } : {}),
    ...(groups.length > 0 ? { groups } : {}),
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

function objectRef({ info, object }: AuditEvent): object {
  const namespace = info.namespace || object.namespace
  const name = info.name || object.name
  return {
    ...(info.resource ? { resource: info.resource } : {}),
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(object.uid ? { uid: object.uid } : {}),
    ...(info.group ? { apiGroup: info.group } : {}),
    ...(info.version ? { apiVersion: info.version } : {}),
    ...(object.resourceVersion ? { resourceVersion: object.resourceVersion } : {}),
    ...(info.subresource ? { subresource: info.subresource } : {}),
  }
}

/** The JSON of an object, list or table without managedFields. */
export function withoutManagedFields(value: unknown): unknown {
  if (!isObject(value)) return value
  const { metadata, items, rows } = value
  return {
    ...value,
    ...(isObject(metadata) ? { metadata: withoutField(metadata, 'managedFields') } : {}),
    ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}),
    ...(Array.isArray(rows)
      ? { rows: rows.map((row) => (isObject(row) ? { ...row, object: withoutManagedFields(row['object']) } : row)) }
      : {}),
  }
}

function withoutField(object: Record<string, unknown>, field: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field))
}

/** Bytes as they go into an event: JSON as it is, other text as a string; undefined when empty. */
export function bodyText(bytes: Buffer, omitManagedFields: boolean): string | undefined {
  const text = bytes.toString('utf8').trim()
  if (text === '') return undefined
  try {
    const value = parseJson(text)
    return stringifyJson(omitManagedFields ? withoutManagedFields(value) : value)
  } catch {
    return JSON.stringify(text)
  }
}
