// The rules of resourceVersion for get, list and watch: what "latest", "0" and N mean (wire.md 2–6, guarantees.md 5.1).
import { ApiError } from '../apimachinery/api-error.ts'
import type { ServerContext } from './context.ts'
import { invalidVersionText } from './store-errors.ts'

const tooLargeWaitMs = 3_000

/** A resourceVersion parameter as a number: undefined when unset. Throws 500 in upstream's words for what is no number. */
export function revisionOf(resourceVersion: string): number | undefined {
  if (resourceVersion === '') return undefined
  if (!/^\d{1,15}$/.test(resourceVersion)) throw new ApiError('', invalidVersionText(resourceVersion))
  return Number(resourceVersion)
}

/** Makes the cache as fresh as a resourceVersion asks: unset = latest, 0 = any, N = at least N. Throws 504 when N does not come. */
export async function freshen(server: ServerContext, revision: number | undefined): Promise<void> {
  if (revision === undefined) await server.cache.refresh()
  else if (revision > server.cache.revision && !(await server.cache.reached(revision, tooLargeWaitMs)))
    throw tooLarge(revision, server.cache.revision)
}

/** 504 with the cause that client-go looks for. */
export function tooLarge(revision: number, current: number): ApiError {
  return new ApiError('Timeout', `Timeout: Too large resource version: ${revision}, current: ${current}`, {
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
  })
}

/** 410 for an exact list at a forgotten revision. */
export function listTooOld(): ApiError {
  return new ApiError('Expired', 'The resourceVersion for the provided list is too old.')
}
