// Answers for what is not served. Below /api and below the groups of the house they are Statuses, elsewhere Go's page.
import { ApiError } from '../apimachinery/api-error.ts'
import type { Registry } from '../apimachinery/kind.ts'
import type { Answer } from './context.ts'

/** Go's answer for paths that nobody serves. */
export const pageNotFound: Answer = {
  type: 'raw',
  code: 404,
  contentType: 'text/plain; charset=utf-8',
  body: '404 page not found\n',
  headers: { 'X-Content-Type-Options': 'nosniff' },
}

/** 404 of a version or resource: a Status when the server has the group by itself, or serves this version of a defined one; else the page. */
export function unknownVersion(registry: Registry, group: string, version: string): Answer {
  const served = registry.resolved().some((one) => one.group === group && (one.kind.custom !== true || one.version === version))
  if (served || group === '') throw noSuchResource()
  return pageNotFound
}

/** 404 for a path below a served version that leads nowhere. */
export function noSuchResource(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', { details: {} })
}
