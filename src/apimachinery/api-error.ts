// The one error class: a Kubernetes Status with a reason from a fixed table. Both sides use it: the server renders it, the client rebuilds it.
// Reasons and codes: https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#StatusReason

/** Status reason → HTTP code. */
export const statusCodes = {
  Unknown: 500,
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const

export type StatusReason = keyof typeof statusCodes

/** One cause of a Status: for 422 the field errors, for others a machine-readable type such as ResourceVersionTooLarge. */
export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: { continue?: string; resourceVersion?: string }
  status: 'Failure' | 'Success'
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

/** An expected "no" of the API. Anything else that is thrown is a bug and becomes 500 InternalError. */
export class ApiError extends Error {
  readonly reason: string
  readonly code: number
  readonly details: StatusDetails | undefined
  /** Status.metadata.continue: only for an expired list token (410). */
  readonly continueToken: string | undefined

  constructor(
    reason: StatusReason | '',
    message: string,
    options: { details?: StatusDetails; code?: number; continueToken?: string } = {},
  ) {
    super(message)
    this.name = 'ApiError'
    this.reason = reason
    this.code = options.code ?? (reason === '' ? 500 : statusCodes[reason])
    this.details = options.details
    this.continueToken = options.continueToken
  }

  /** The Status object that goes over the wire. */
  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    }
  }
}

/** What names a resource in an error: its group and plural name. Every Kind has these fields. */
export interface ResourceName {
  group: string
  resource: string
}

/** What names a kind in an Invalid error: its group and Kind word. */
export interface KindName {
  group: string
  kind: string
}

/** "deployments.apps", or "pods" for the core group. */
export function qualifiedResource(kind: ResourceName): string {
  return kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`
}

/** 404 `pods "x" not found`. */
export function notFound(kind: ResourceName, name: string): ApiError {
  return new ApiError('NotFound', `${qualifiedResource(kind)} "${name}" not found`, {
    details: { name, ...groupOf(kind), kind: kind.resource },
  })
}

/** 409 `pods "x" already exists`. */
export function alreadyExists(kind: ResourceName, name: string): ApiError {
  return new ApiError('AlreadyExists', `${qualifiedResource(kind)} "${name}" already exists`, {
    details: { name, ...groupOf(kind), kind: kind.resource },
  })
}

/** The text client code matches when an update lost the race (optimistic locking). */
export const objectModified = 'the object has been modified; please apply your changes to the latest version and try again'

/** 409 `Operation cannot be fulfilled on pods "x": …`. */
export function conflict(kind: ResourceName, name: string, message: string = objectModified): ApiError {
  return new ApiError('Conflict', `Operation cannot be fulfilled on ${qualifiedResource(kind)} "${name}": ${message}`, {
    details: { name, ...groupOf(kind), kind: kind.resource },
  })
}

/** 403 `pods "x" is forbidden: …` (without a name: `pods is forbidden: …`). */
export function forbidden(kind: ResourceName, name: string, message: string): ApiError {
  const what = name === '' ? qualifiedResource(kind) : `${qualifiedResource(kind)} "${name}"`
  return new ApiError('Forbidden', `${what} is forbidden: ${message}`, {
    details: { ...(name === '' ? {} : { name }), ...groupOf(kind), kind: kind.resource },
  })
}

/** Nobody reads more; a hostile object could have as many as it has bytes. */
const maxCauses = 1000

/** 422 `Deployment.apps "x" is invalid: spec.selector: Required value`, with one cause per field error. */
export function invalid(kind: KindName, name: string, found: readonly FieldError[]): ApiError {
  const errors = found.slice(0, maxCauses)
  const subject = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  const texts = [...new Set(errors.map(fieldErrorText))]
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const causes = errors.map((error) => ({ reason: error.type, message: fieldErrorBody(error), field: error.field }))
  return new ApiError('Invalid', `${subject} "${name}" is invalid${texts.length === 0 ? '' : `: ${list}`}`, {
    details: { ...(name === '' ? {} : { name }), ...groupOf(kind), ...(kind.kind === '' ? {} : { kind: kind.kind }), causes },
  })
}

/** 400. */
export function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message)
}

/** One field error; `type` is the wire's cause reason (FieldValueRequired …). Made by the functions of field-errors.ts. */
export interface FieldError {
  type: string
  field: string
  /** e.g. `Required value`, `Invalid value: "x"`: everything before the detail. */
  title: string
  detail: string
}

/** `Invalid value: "x": must be …` (without the field). */
export function fieldErrorBody(error: FieldError): string {
  return error.detail === '' ? error.title : `${error.title}: ${error.detail}`
}

/** `spec.x: Invalid value: "x": must be …`. */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`
}

/** Asked of any thrown value, on either side of the wire. */
export function hasReason(error: unknown, reason: StatusReason): boolean {
  return error instanceof ApiError && error.reason === reason
}
export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound')
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict')
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists')
/** 410 in either form: the resourceVersion is no longer kept. */
export const isGone = (error: unknown): boolean => hasReason(error, 'Expired') || hasReason(error, 'Gone')

/** Rebuilds the error from a Status body (client side). */
export function fromStatus(status: Partial<Status>, httpCode: number): ApiError {
  const reason = (status.reason ?? '') as StatusReason | ''
  return new ApiError(reason, status.message ?? `the server responded with code ${httpCode}`, {
    code: status.code ?? httpCode,
    ...(status.details === undefined ? {} : { details: status.details }),
    ...(status.metadata?.continue === undefined ? {} : { continueToken: status.metadata.continue }),
  })
}

function groupOf(kind: { group: string }): { group?: string } {
  return kind.group === '' ? {} : { group: kind.group }
}
