// The time limit of requests that are not long-running: --request-timeout, or less when the parameter `timeout` asks for it.
// Rules: k8s.io/apiserver/pkg/endpoints/filters/request_deadline.go and pkg/server/filters/timeout.go.
import { ApiError, badRequest } from '../apimachinery/api-error.ts'
import { DurationError, parseDurationMs } from '../apimachinery/duration.ts'

/** Milliseconds that a request may take. Throws 400 for a `timeout` that is no duration. */
export function allottedMs(query: URLSearchParams, mostMs: number): number {
  const text = query.get('timeout')
  if (text === null || text === '') return mostMs
  try {
    const asked = parseDurationMs(text)
    return asked > 0 && asked < mostMs ? asked : mostMs
  } catch (error) {
    if (!(error instanceof DurationError)) throw error
    throw badRequest(`invalid timeout specified in the request URL - ${error.message}`)
  }
}

/** 504 for a request that took too long. */
export function timedOut(): ApiError {
  return new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout', { details: {} })
}
