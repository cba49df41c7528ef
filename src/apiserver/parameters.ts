// Query parameters of the verbs (ListOptions, CreateOptions …): read, checked, refused in upstream's words. Pure.
// Checks: apimachinery meta/v1 and meta/internalversion validation; a bool parameter is true unless it says "false" or "0".
import { badRequest, invalid } from '../apimachinery/api-error.ts'
import type { FieldError } from '../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, notSupported, required, tooLong } from '../apimachinery/field-errors.ts'
import { isTrue } from './request-info.ts'

const metaGroup = 'meta.k8s.io'

/** ListOptions, with what is absent at its zero value where upstream has no pointer. */
export interface ListOptions {
  labelSelector: string
  fieldSelector: string
  watch: boolean
  allowWatchBookmarks: boolean
  sendInitialEvents: boolean | undefined
  resourceVersion: string
  resourceVersionMatch: string
  timeoutSeconds: number | undefined
  limit: number
  continue: string
}

/** Create-, Update- and PatchOptions. */
export interface WriteOptions {
  dryRun: boolean
  fieldManager: string
  /** Default Warn. */
  fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  force: boolean | undefined
}

/** DeleteOptions as they come, from a body or the query. */
export interface DeleteOptions {
  gracePeriodSeconds?: number | undefined
  orphanDependents?: boolean | undefined
  propagationPolicy?: string | undefined
  preconditions?: { uid?: string; resourceVersion?: string } | undefined
  dryRun?: string[] | undefined
}

/** The first value of a parameter; an empty one counts as absent. */
function text(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined
}

function bool(query: URLSearchParams, name: string): boolean | undefined {
  const given = text(query, name)
  return given === undefined ? undefined : isTrue(given)
}

function int64(query: URLSearchParams, name: string): number | undefined {
  const given = text(query, name)
  if (given === undefined) return undefined
  if (/^[+-]?\d{1,18}$/.test(given)) return Number(given)
  const fault = /^[+-]?\d+$/.test(given) ? 'value out of range' : 'invalid syntax'
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(given)}: ${fault}`)
}

function dryRunOf(query: URLSearchParams): string[] | undefined {
  return query.has('dryRun') ? query.getAll('dryRun').filter((value) => value !== '') : undefined
}

function listParameters(query: URLSearchParams): ListOptions {
  const watch = query.get('watch')
  return {
    labelSelector: text(query, 'labelSelector') ?? '',
    fieldSelector: text(query, 'fieldSelector') ?? '',
    watch: watch !== null && isTrue(watch),
    allowWatchBookmarks: bool(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: bool(query, 'sendInitialEvents'),
    resourceVersion: text(query, 'resourceVersion') ?? '',
    resourceVersionMatch: text(query, 'resourceVersionMatch') ?? '',
    timeoutSeconds: int64(query, 'timeoutSeconds'),
    limit: int64(query, 'limit') ?? 0,
    continue: text(query, 'continue') ?? '',
  }
}

/** ListOptions of a list, watch or deletecollection. Throws 400 for what is no number, 422 for impossible combinations. */
export function listOptions(query: URLSearchParams, forceWatch = false): ListOptions {
  const options = listParameters(query)
  if (forceWatch) options.watch = true
  const errors = options.watch ? watchErrors(options) : listErrors(options)
  if (errors.length > 0) throw invalid({ group: metaGroup, kind: 'ListOptions' }, '', errors)
  return options
}

function listErrors({ resourceVersionMatch: match, resourceVersion, continue: token, sendInitialEvents }: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const field = 'resourceVersionMatch'
  if (match !== '') {
    if (resourceVersion === '') errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (token !== '') errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && resourceVersion === '0')
      errors.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (sendInitialEvents !== undefined) errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  return errors
}

function watchErrors({ resourceVersionMatch: match, continue: token, sendInitialEvents }: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const field = 'resourceVersionMatch'
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  if (match !== '') {
    if (sendInitialEvents === undefined)
      errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'))
    if (match !== 'NotOlderThan') errors.push(notSupported(field, match, ['NotOlderThan']))
    if (token !== '') errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'))
  }
  return errors
}

/** Options of a create, update or patch; `kind` names them in a 422. */
export function writeOptions(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  isApply = false,
): WriteOptions {
  const options = {
    dryRun: dryRunOf(query) ?? [],
    fieldManager: text(query, 'fieldManager') ?? '',
    fieldValidation: text(query, 'fieldValidation') ?? '',
    force: bool(query, 'force'),
  }
  const errors: FieldError[] = []
  if (kind === 'PatchOptions') {
    if (isApply && options.fieldManager === '') errors.push(required('fieldManager', 'is required for apply patch'))
    if (!isApply && options.force !== undefined) errors.push(forbiddenField('force', 'may not be specified for non-apply patch'))
  }
  errors.push(...fieldManagerErrors(options.fieldManager), ...dryRunErrors(options.dryRun))
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(options.fieldValidation))
    errors.push(notSupported('fieldValidation', options.fieldValidation, ['', 'Ignore', 'Strict', 'Warn']))
  if (errors.length > 0) throw invalid({ group: metaGroup, kind }, '', errors)
  return {
    dryRun: options.dryRun.includes('All'),
    fieldManager: options.fieldManager,
    fieldValidation: (options.fieldValidation || 'Warn') as WriteOptions['fieldValidation'],
    force: options.force,
  }
}

const maxFieldManagerBytes = 128

function fieldManagerErrors(manager: string): FieldError[] {
  const errors: FieldError[] = []
  // Its letters are not told too: one error for each, each with the whole text, would be the square of what the client sent.
  if (Buffer.byteLength(manager) > maxFieldManagerBytes) return [tooLong('fieldManager', '', maxFieldManagerBytes)]
  let position = 0
  for (const letter of manager) {
    if (!isPrintable(letter)) {
      const code = letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
      errors.push(invalidValue('fieldManager', manager, `invalid character U+${code} (at position ${position})`))
    }
    position += Buffer.byteLength(letter)
  }
  return errors
}

/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
function isPrintable(letter: string): boolean {
  return letter === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(letter)
}

/** Manager of a write: the parameter, else what stands before the first slash of the User-Agent, printable and at most 128 bytes long. */
export function fieldManagerOf(options: { fieldManager: string }, userAgent: string): string {
  if (options.fieldManager !== '') return options.fieldManager
  let manager = ''
  for (const letter of userAgent.split('/')[0]!) {
    if (!isPrintable(letter)) continue
    if (Buffer.byteLength(manager + letter) > maxFieldManagerBytes) break
    manager += letter
  }
  return manager
}

function dryRunErrors(dryRun: readonly string[]): FieldError[] {
  return dryRun.every((value) => value === 'All') ? [] : [notSupported('dryRun', dryRun, ['All'])]
}

/** DeleteOptions of the query (used only when the body is empty). */
export function deleteOptionsOfQuery(query: URLSearchParams): DeleteOptions {
  return {
    gracePeriodSeconds: int64(query, 'gracePeriodSeconds'),
    orphanDependents: bool(query, 'orphanDependents'),
    propagationPolicy: text(query, 'propagationPolicy'),
    dryRun: dryRunOf(query),
  }
}

/** Throws 422 for options that contradict one another or are unknown. */
export function checkDeleteOptions(options: DeleteOptions): void {
  const errors: FieldError[] = []
  const { propagationPolicy: policy, orphanDependents, dryRun = [] } = options
  if (orphanDependents !== undefined && policy !== undefined)
    errors.push(invalidValue('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'))
  if (policy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(policy))
    errors.push(notSupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil']))
  errors.push(...dryRunErrors(dryRun))
  if (errors.length > 0) throw invalid({ group: metaGroup, kind: 'DeleteOptions' }, '', errors)
}
