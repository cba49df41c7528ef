// The refusals of strategic merge patch, in upstream's words and with the codes of its patch handler.
import { ApiError, badRequest } from '../api-error.ts'
import { goPrint, goType } from './go-print.ts'

/** An error which the server does not classify: 500 without a reason. */
export function unclassified(message: string): ApiError {
  return new ApiError('', message)
}

/** A list of maps is merged by key, and an element (or patch item) lacks that key. */
export function noMergeKey(item: unknown, key: string): ApiError {
  return unclassified(`map: ${goPrint(item)} does not contain declared merge key: ${key}`)
}

/** A directive expects a list or map and got something else. */
export function badArgument(expected: 'list' | 'map', actual: unknown): ApiError {
  const name = expected === 'list' ? '[]interface {}' : 'map[string]interface {}'
  return unclassified(`expected a ${name}, but received a ${goType(actual)}`)
}

/** `$patch` with another word than replace, delete or merge. */
export function badPatchType(directive: unknown, item: unknown): ApiError {
  return unclassified(`unknown patch type: ${goPrint(directive)} in map: ${goPrint(item)}`)
}

/** `$deleteFromPrimitiveList` without a field name. */
export const badPrimitiveList = () => badRequest('invalid patch format of primitive list')
/** `$retainKeys` that is no list, or that leaves out a field of the patch. */
export const badRetainKeys = () => badRequest('invalid patch format of retainKeys')
/** `$setElementOrder` without a field name. */
export const badElementOrder = () => badRequest('invalid patch format of setElementOrder list')

/** Lists of lists cannot be merged. */
export function noListOfLists(): ApiError {
  return new ApiError('Invalid', 'the server rejected our request due to an error in our request', { details: {} })
}
