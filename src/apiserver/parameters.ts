// Query parameters of the verbs (ListOptions, CreateOptions …): read, checked, refused in upstream's words. Pure.
// Checks: apimachinery meta/v1 and meta/internalversion validation; a bool parameter is true unless it says "false" or "0".
import { z } from 'zod'
import { badRequest, invalid } from '../apimachinery/api-error.ts'
import type { FieldError } from '../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, notSupported, required, tooLong } from '../apimachinery/field-errors.ts'
import { isTrue } from './request-info.ts'

const metaGroup = 'meta.k8s.io'

const bool = z.string().transform(isTrue)
const int64 = z.string().transform((text, context) => {
  if (/^[+-]?\d{1,18}$/.test(text)) return Number(text)
  const fault = /^[+-]?\d+$/.test(text) ? 'value out of range' : 'invalid syntax'
  context.addIssue({ code: 'custom', message: `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${fault}` })
  return z.NEVER
})

const ListParameters = z.object({
  labelSelector: z.string().default(''),
  fieldSelector: z.string().default(''),
  watch: bool.default(false),
  allowWatchBookmarks: bool.default(false),
  sendInitialEvents: bool.optional(),
  resourceVersion: z.string().default(''),
  resourceVersionMatch: z.string().default(''),
  timeoutSeconds: int64.optional(),
  limit: int64.default(0),
  continue: z.string().default(''),
})
export type ListOptions = z.infer<typeof ListParameters>

const WriteParameters = z.object({
  dryRun: z.array(z.string()).default([]),
  fieldManager: z.string().default(''),
  fieldValidation: z.string().default(''),
  force: bool.optional(),
})
/** Create-, Update- and PatchOptions. */
export interface WriteOptions {
  dryRun: boolean
  fieldManager: string
  /** Default Warn. */
  fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  force: boolean | undefined
}

const DeleteParameters = z.object({
  gracePeriodSeconds: int64.optional(),
  orphanDependents: bool.optional(),
  propagationPolicy: z.string().optional(),
  dryRun: z.array(z.string()).optional(),
})

/** DeleteOptions as they come, from a body or the query. */
export interface DeleteOptions {
  gracePeriodSeconds?: number | undefined
  orphanDependents?: boolean | undefined
  propagationPolicy?: string | undefined
  preconditions?: { uid?: string; resourceVersion?: string } | undefined
  dryRun?: string[] | undefined
}

function read<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
  const values: Record<string, unknown> = {}
  for (const key of Object.keys((schema as unknown as { shape: object }).shape)) {
    const all = query.getAll(key)
    if (key === 'dryRun') {
      if (all.length > 0) values[key] = all.filter((value) => value !== '')
    } else if (all.length > 0) {
      const text = all[0]!
      if (text !== '' || key === 'watch') values[key] = text
    }
  }
  const result = schema.safeParse(values)
  if (!result.success) throw badRequest(result.error.issues[0]!.message)
  return result.data
}

/** ListOptions of a list, watch or deletecollection. Throws 400 for what is no number, 422 for impossible combinations. */
export function listOptions(query: URLSearchParams, forceWatch = false): ListOptions {
  const options = read(ListParameters, query)
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
  const options = read(WriteParameters, query)
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
  return read(DeleteParameters, query)
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
