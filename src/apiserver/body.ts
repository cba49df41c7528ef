// Request bodies: JSON, YAML or a protobuf envelope → an object of the kind that the URL names. Refusals in upstream's words (wire.md 18, 24, 26).
import { ApiError, badRequest } from '../apimachinery/api-error.ts'
import { isObject, JsonError, parseJson } from '../apimachinery/json.ts'
import type { Kind, Resolved } from '../apimachinery/kind.ts'
import { definitionName } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { apiVersionOf, splitApiVersion } from '../apimachinery/meta.ts'
import { decodeProtobuf } from '../apimachinery/protobuf/decode.ts'
import { decodeEnvelope } from '../apimachinery/protobuf/envelope.ts'
import type { FieldValidation } from '../apimachinery/schema/decode.ts'
import { decode } from '../apimachinery/schema/decode.ts'
import { applySchemaDefaults } from '../apimachinery/schema/default.ts'
import { schemaOf } from '../apimachinery/schema/from-openapi.ts'
import type { Schema } from '../apimachinery/schema/schema.ts'
import { parseYaml, YamlError } from '../apimachinery/schema/yaml.ts'
import type { RequestContext, ServerContext } from './context.ts'
import { bodyEncoding } from './negotiate.ts'
import { schemaIn } from './schemas.ts'

/** What a body must be. */
export interface Expected {
  group: string
  version: string
  kind: string
  schema: Schema
  custom: boolean
  /** Old clients name these options in any group: the apiVersion is not looked at. */
  anyGroup?: true
}

/** A parsed body with what a strict reader would object to. */
export interface ParsedBody {
  value: unknown
  duplicates: string[]
  /** Further objections, already worded. */
  strictErrors?: string[]
}

/** What the URL's kind expects. */
export function expectedOf(resolved: Resolved): Expected {
  const { kind, group, version } = resolved
  return { group, version, kind: kind.kind, schema: schemaIn(resolved), custom: kind.custom === true }
}

/** What a built-in type expects that is no kind of the registry (DeleteOptions, Eviction, Scale …); by its definition name. */
export function expectedType(group: string, version: string, kind: string, schemaName = definitionName(group, version, kind)): Expected {
  return { group, version, kind, schema: schemaOf(schemaName), custom: false }
}

/** Decodes the request's body. Unknown and duplicate fields become warnings (Warn) or a 400 (Strict). Throws 400 and 415. */
export function readBody(server: ServerContext, request: RequestContext, expected: Expected, fieldValidation: FieldValidation): KubeObject {
  const { body, warnings } = request
  const header = request.headers['content-type']
  const encoding = bodyEncoding(typeof header === 'string' ? header : undefined, expected.custom)
  const read = () => {
    if (encoding === 'protobuf') return readProtobuf(server, body, expected)
    const parsed = parseOrRefuse(() => (encoding === 'json' ? parseJsonBody(body) : parseYamlBody(body)), body, expected)
    return decodeParsed(server, parsed, expected, fieldValidation, warnings)
  }
  const object = read()
  request.audit?.requestObject(object)
  return object
}

/** Decodes a parsed value as the expected kind. Also the second half of every patch. */
export function decodeParsed(
  server: ServerContext,
  { value, duplicates, strictErrors = [] }: ParsedBody,
  expected: Expected,
  fieldValidation: FieldValidation,
  warnings: string[],
): KubeObject {
  const gvk = checkType(server, isObject(value) ? value : {}, expected)
  const result = decode(value, expected.schema, {
    fieldValidation,
    kind: gvk.kind,
    version: gvk.version,
    expectedKind: expected.kind,
    duplicates,
    strictErrors,
  })
  warnings.push(...result.warnings)
  if (expected.custom) applySchemaDefaults(result.object, expected.schema)
  return withType(result.object, expected)
}

function readProtobuf(server: ServerContext, body: Buffer, expected: Expected): KubeObject {
  const envelope = openEnvelope(body, expected)
  checkType(server, { apiVersion: envelope.apiVersion, kind: envelope.kind }, expected)
  const value = decodeProtobuf(envelope.raw, expected.schema)
  return withType(decode(value, expected.schema, { fieldValidation: 'Ignore' }).object, expected)
}

function openEnvelope(body: Buffer, { kind }: Expected) {
  try {
    return decodeEnvelope(body)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw unrecognized(kind, error.message, body)
  }
}

/** 400 for a body whose kind cannot even be read. */
function unrecognized(kind: string, why: string, body: Buffer): ApiError {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(body)})`)
}

function withType(object: KubeObject, { group, version, kind }: Expected): KubeObject {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return { kind, apiVersion: apiVersionOf(group, version), ...rest }
}

/** Large bodies that were parsed ahead (prepare-body.ts), by their bytes; a JsonError stands for a body that cannot be parsed. */
export const prepared = new WeakMap<Buffer, ParsedBody | JsonError>()

function preparedOf(body: Buffer): ParsedBody | undefined {
  const known = prepared.get(body)
  if (known instanceof JsonError) throw known
  return known
}

/** JSON text of a body. Throws JsonError. */
export function parseJsonBody(body: Buffer): ParsedBody {
  const known = preparedOf(body)
  if (known !== undefined) return known
  const duplicates: string[] = []
  return { value: parseJson(body, { onDuplicate: (path) => duplicates.push(path) }), duplicates }
}

/** YAML (as sigs.k8s.io/yaml reads it) of a body; JSON text in it is read as JSON. Throws JsonError with the reason. */
export function parseYamlBody(body: Buffer): ParsedBody {
  const known = preparedOf(body)
  if (known !== undefined) return known
  const strictErrors: string[] = []
  try {
    return { value: parseYaml(body, { onDuplicate: (text) => strictErrors.push(text) }), duplicates: [], strictErrors }
  } catch (error) {
    throw error instanceof YamlError ? new JsonError(error.message) : error
  }
}

function parseOrRefuse(parse: () => ParsedBody, body: Buffer, { kind }: Expected): ParsedBody {
  try {
    const parsed = parse()
    if (parsed.value === null) return { ...parsed, value: {} }
    if (isObject(parsed.value)) {
      checkTypeWords(parsed.value)
      return parsed
    }
    throw new JsonError(
      `json: cannot unmarshal ${jsonWord(parsed.value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    )
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw unrecognized(kind, `couldn't get version/kind; json parse error: ${error.message}`, body)
  }
}

/** Kind and apiVersion are read before anything else. */
function checkTypeWords(value: Record<string, unknown>): void {
  for (const word of ['apiVersion', 'kind']) {
    const given = value[word]
    if (given === undefined || given === null || typeof given === 'string') continue
    const type = isObject(given) ? 'object' : jsonWord(given)
    throw new JsonError(`json: cannot unmarshal ${type} into Go struct field .${word} of type string`)
  }
}

function jsonWord(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value
}

/** The begin of a body, for messages. */
function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>'
  const more = body.length > 30 ? ' ...' : ''
  return body[0] === 0x7b ? body.subarray(0, 30).toString() + more : body.subarray(0, 30).toString('hex') + more
}

/** Kind and apiVersion of the body against what is expected; both may be absent. Throws 400. */
function checkType(server: ServerContext, value: Record<string, unknown>, expected: Expected): { kind: string; version: string } {
  const apiVersion = typeof value['apiVersion'] === 'string' && value['apiVersion'] !== '' ? value['apiVersion'] : undefined
  const kind = typeof value['kind'] === 'string' && value['kind'] !== '' ? value['kind'] : expected.kind
  if (expected.anyGroup === true) {
    if (kind !== expected.kind) throw badRequest(unregistered(apiVersion ?? expected.version, kind))
    return { kind, version: expected.version }
  }
  const wanted = apiVersionOf(expected.group, expected.version)
  const given = apiVersion ?? wanted
  const { version } = splitApiVersion(given)
  if (given === wanted && kind === expected.kind) return { kind, version }
  const known = server.registry.byKind(given, kind)
  if (known === undefined)
    throw badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${unregistered(given, kind)}`)
  const asked = server.registry.byKind(wanted, expected.kind)
  if (asked !== undefined && known.kind === asked.kind)
    throw badRequest(`the API version in the data (${given}) does not match the expected API version (${wanted})`)
  throw badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${noConversion(known.kind, version, expected)}`,
  )
}

function unregistered(apiVersion: string, kind: string): string {
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"`
}

function noConversion(kind: Kind, version: string, expected: Expected): string {
  const internal = expected.group === '' ? 'core' : expected.group.split('.')[0]
  return `converting (${version}.${kind.kind}) to (${internal}.${expected.kind}): unknown conversion`
}

/** 413 for a body above the limit. */
export function bodyTooLarge(limit: number): ApiError {
  return new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${limit}`)
}
