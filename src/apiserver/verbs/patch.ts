// PATCH: JSON patch, merge patch, strategic merge patch and apply onto the present object; the store repeats it after a lost race (wire.md 20, 29–35).

import { ApiError, badRequest, conflict, invalid } from '../../apimachinery/api-error.ts'
import { invalidValue } from '../../apimachinery/field-errors.ts'
import { isObject, JsonError, stringifyJson } from '../../apimachinery/json.ts'
import { valueWeight } from '../../apimachinery/json-weight.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { goPrint } from '../../apimachinery/patch/go-print.ts'
import { applyJsonPatch, jsonPatchWarnings } from '../../apimachinery/patch/json-patch.ts'
import { cloneJson } from '../../apimachinery/patch/json-values.ts'
import { applyMergePatch } from '../../apimachinery/patch/merge-patch.ts'
import { applyStrategicPatch } from '../../apimachinery/patch/strategic.ts'
import { authorizeCreate } from '../authorize.ts'
import type { ParsedBody } from '../body.ts'
import { decodeParsed, expectedOf, parseJsonBody, parseYamlBody } from '../body.ts'
import { maxStoredWeight, toStored, toVersion } from '../codec.ts'
import type { Answer, RequestContext, ServerContext } from '../context.ts'
import { checkSubmitted } from '../crd/version-errors.ts'
import { applyObject } from '../field-management.ts'
import type { PatchType } from '../negotiate.ts'
import { patchType } from '../negotiate.ts'
import type { WriteOptions } from '../parameters.ts'
import { writeOptions } from '../parameters.ts'
import { schemaIn, withDefaults } from '../schemas.ts'
import type { Transform, Write } from '../store.ts'
import { updateObject } from '../store.ts'
import { groupResource, tooHeavy } from '../store-errors.ts'
import type { Strategy } from '../strategy.ts'
import type { Target } from '../target.ts'
import { writeOf } from '../write-request.ts'
import { answerOf } from './create.ts'
import { checkName } from './update.ts'

type Fields = Record<string, unknown>

export async function patch(server: ServerContext, request: RequestContext, target: Target, strategy?: Strategy): Promise<Answer> {
  const { resolved } = target
  const header = request.headers['content-type']
  const type = patchType(typeof header === 'string' ? header : undefined, resolved.kind.custom === true)
  const options = writeOptions(request.query, 'PatchOptions', type === 'apply')
  const parsed = parsePatch(type, request.body)
  const write = writeOf(server, request, target, options)
  const isApply = type === 'apply'
  const transform = isApply ? applied(write, parsed, options) : patched(write, type, parsed, options)
  const written = await updateObject(write, transform, {
    ...(strategy === undefined ? {} : { strategy }),
    ...(isApply ? { managesFields: true, allowCreate: strategy === undefined } : {}),
    authorizeCreate: () => authorizeCreate(server, request),
  })
  return answerOf(target, written, written.created ? 201 : 200)
}

function parsePatch(type: PatchType, body: Buffer): ParsedBody {
  try {
    return type === 'apply' ? parseYamlBody(body) : parseJsonBody(body)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw badRequest(type === 'apply' ? `error decoding YAML: ${error.message}` : `error decoding patch: ${error.message}`)
  }
}

function patched(write: Write, type: Exclude<PatchType, 'apply'>, parsed: ParsedBody, options: WriteOptions): Transform {
  const { resolved, server, warnings } = write
  const expected = expectedOf(resolved)
  if (type === 'json' && options.fieldValidation === 'Warn') warnings.push(...jsonPatchWarnings(parsed.value))
  let warned = false
  return (current) => {
    const document = toVersion(resolved, current!) as Fields
    const value = patchedValue(type, document, parsed.value, write)
    // A patch adds to what there is: what it makes is weighed like a body, before the work begins.
    if (valueWeight(value, maxStoredWeight) > maxStoredWeight) throw tooHeavy()
    const decoded = { ...parsed, value }
    const object = aboutPatch(type, decoded, parsed.value, () =>
      decodeParsed(server, decoded, expected, options.fieldValidation, warned ? [] : warnings),
    )
    warned = true
    checkName(object, write)
    checkSubmitted(resolved, object, current, write.subresource)
    return withDefaults(resolved.kind, toStored(resolved, cloneJson(object)))
  }
}

/** What the patched object cannot be is told of the patch, as 422 (pkg/endpoints/handlers/patch.go). */
function aboutPatch<T>(type: PatchType, { value }: ParsedBody, patch: unknown, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    const detail =
      error instanceof ApiError ? /^\S+ in version "[^"]*" cannot be handled as a \S+: (.*)$/s.exec(error.message)?.[1] : undefined
    if (detail === undefined) throw error
    const shown = type === 'strategic' ? goPrint(patch) : stringifyJson(value)
    throw invalid({ group: '', kind: '' }, '', [invalidValue('patch', shown, detail)])
  }
}

function patchedValue(type: Exclude<PatchType, 'apply'>, document: Fields, value: unknown, { resolved }: Write): unknown {
  if (type === 'json') return applyJsonPatch(document, value)
  if (type === 'merge') return applyMergePatch(document, value)
  if (!isObject(value)) throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}')
  return applyStrategicPatch(document, value, schemaIn(resolved))
}

/** Server-side apply: the configuration is decoded strictly by the schema, merged by ownership, and may create. */
function applied(write: Write, parsed: ParsedBody, options: WriteOptions): Transform {
  let warned = false
  return (current: KubeObject | undefined) => {
    const result = applyObject(write, current, parsed, options, warned ? [] : write.warnings)
    warned = true
    const uid = result.metadata?.uid
    if (current === undefined && uid) {
      const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
      throw conflict(groupResource(write.resolved), write.name, why)
    }
    checkName(result, write)
    return result
  }
}
