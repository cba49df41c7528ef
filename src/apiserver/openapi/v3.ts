// OpenAPI v3: one document per group version, and the index that names them with a hash of their content.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
import { createHash } from 'node:crypto'
import type { Resolved } from '../../apimachinery/kind.ts'
import { apiVersionOf } from '../../apimachinery/meta.ts'
import { customDefinitions } from './custom.ts'
import { type Descriptions, definitionsOf, type Json, referenceTo } from './definitions.ts'
import { discoveryOperations, discoveryPath } from './discovery.ts'
import { type Operation, operationsOf } from './operations.ts'
import type { Parameter } from './parameters.ts'
import { groupByPath, sharedParameters } from './paths.ts'

export interface DocumentOptions {
  /** gitVersion of the server: v1.36.0. */
  serverVersion: string
  descriptions: Descriptions
}

/** The document of a group version: `resolved` are its kinds, custom ones included. */
export function openApiV3(groupVersion: { group: string; version: string }, resolved: readonly Resolved[], options: DocumentOptions): Json {
  const operations = [...discoveryOperations(groupVersion), ...resolved.flatMap(operationsOf)]
  const names = new Set<string>()
  const paths = v3Paths(operations, names)
  const style = { version: 3 as const, descriptions: options.descriptions, groupVersions: [groupVersion] }
  const custom = resolved.filter(({ kind }) => kind.custom)
  if (custom.length > 0) for (const name of ['ObjectMeta', 'ListMeta']) names.add(`io.k8s.apimachinery.pkg.apis.meta.v1.${name}`)
  return v3Document(
    paths,
    { ...definitionsOf(names, style), ...Object.assign({}, ...custom.map((one) => customDefinitions(one, 3))) },
    options,
  )
}

/** The small documents beside the group versions: `api`, `apis`, `apis/apps`, `version`. Key → document. */
export function openApiV3Discovery(groups: readonly string[], options: DocumentOptions): Map<string, Json> {
  const style = { version: 3 as const, descriptions: options.descriptions, groupVersions: [] }
  const subjects = discoveryKeys(groups).map((key) => `/${key}/`)
  return new Map(
    subjects.map((path) => {
      const names = new Set<string>()
      const paths = v3Paths([discoveryPath(path)], names)
      return [path.slice(1, -1), v3Document(paths, definitionsOf(names, style), options)]
    }),
  )
}

/** Keys of the small documents. */
export function discoveryKeys(groups: Iterable<string>): string[] {
  return ['api', 'apis', 'version', ...[...groups].filter((group) => group !== '').map((group) => `apis/${group}`)]
}

/** `api/v1`, `apis/apps/v1`: the key of a group version in the index. */
export function groupVersionKey({ group, version }: { group: string; version: string }): string {
  return group === '' ? `api/${version}` : `apis/${apiVersionOf(group, version)}`
}

/** GET /openapi/v3: key → hash of the document's bytes; the documents of other servers stand with their own URLs. */
export function openApiV3Index(hashes: ReadonlyMap<string, string>, others: ReadonlyMap<string, { url: string }> = new Map()): Json {
  const own = [...hashes].map(([key, hash]) => [key, `/openapi/v3/${key}?hash=${hash}`] as const)
  const paths = [...own, ...[...others].map(([key, { url }]) => [key, url] as const)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, serverRelativeURL]) => [key, { serverRelativeURL }])
  return { paths: Object.fromEntries(paths) }
}

/** The hash of a document as the index prints it. */
export function documentHash(bytes: Uint8Array | string): string {
  return createHash('sha512').update(bytes).digest('hex').toUpperCase()
}

function v3Document(paths: Json, schemas: Json, options: DocumentOptions): Json {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: options.serverVersion },
    paths,
    components: {
      schemas,
      securitySchemes: { BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' } },
    },
  }
}

function v3Paths(operations: readonly Operation[], names: Set<string>): Json {
  return Object.fromEntries(
    [...groupByPath(operations)].map(([path, list]) => {
      const shared = sharedParameters(list)
      const item: Json = Object.fromEntries(list.map((operation) => [operation.method, v3Operation(operation, shared, names)]))
      if (shared.length > 0) item['parameters'] = shared.map(v3Parameter)
      return [path, item]
    }),
  )
}

function v3Operation(operation: Operation, shared: readonly Parameter[], names: Set<string>): Json {
  const { body, answers, action, gvk } = operation
  const parameters = operation.parameters.filter((parameter) => !shared.includes(parameter))
  const content = (types: readonly string[], definition: string | undefined): Json => {
    if (definition !== undefined) names.add(definition)
    const schema = definition === undefined ? { type: 'string' } : { $ref: referenceTo(definition, 3) }
    return Object.fromEntries(types.map((type) => [type, { schema }]))
  }
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(v3Parameter) }),
    ...(body
      ? { requestBody: { content: content([...operation.consumes].sort(), body.definition), ...(body.required ? { required: true } : {}) } }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([code, type]) => [
          code,
          { description: codeWords[code] ?? 'OK', content: content(operation.produces, type) },
        ]),
      ),
      401: { description: 'Unauthorized' },
    },
    ...(action ? { 'x-kubernetes-action': action } : {}),
    ...(gvk ? { 'x-kubernetes-group-version-kind': gvk } : {}),
  }
}

/** Descriptions of the answers. */
export const codeWords: Record<string, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

function v3Parameter({ name, in: place, description, required, type }: Parameter): Json {
  return {
    name,
    in: place,
    ...(description === '' ? {} : { description }),
    ...(required ? { required } : {}),
    schema: { type, uniqueItems: true },
  }
}
