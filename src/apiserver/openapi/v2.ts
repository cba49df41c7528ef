// OpenAPI v2 (swagger 2.0): one document of everything, for kubectl before 1.29 and for client generators.
// It is large, so it is built group by group and the caller may breathe in between.
import type { Resolved } from '../../apimachinery/kind.ts'
import { customDefinitions } from './custom.ts'
import { definitionsOf, type Json, referenceTo } from './definitions.ts'
import { discoveryOperations, discoveryPath } from './discovery.ts'
import { type Operation, operationsOf } from './operations.ts'
import type { Parameter } from './parameters.ts'
import { groupByPath, sharedParameters } from './paths.ts'
import { codeWords, type DocumentOptions } from './v3.ts'

/**
 * The v2 document of `resolved`, the kinds of every group version.
 * `pause` is awaited between groups, so that a server can answer others meanwhile (pass a function that yields to the event loop).
 */
export async function openApiV2(
  resolved: readonly Resolved[],
  options: DocumentOptions,
  pause: () => Promise<void> = async () => {},
): Promise<Json> {
  const byGroup = Map.groupBy(resolved, ({ group, version }) => `${group}/${version}`)
  const groupVersions = [...byGroup.values()].map(([first]) => ({ group: first!.group, version: first!.version }))
  groupVersions.sort((a, b) => (`${a.group}/${a.version}` < `${b.group}/${b.version}` ? -1 : 1))
  const groups = [...new Set(groupVersions.map(({ group }) => group))].filter((group) => group !== '')
  const names = new Set<string>()
  const paths: Json = v2Paths(['/api/', '/apis/', '/version/', ...groups.map((group) => `/apis/${group}/`)].map(discoveryPath), names)
  const definitions: Json = {}
  for (const kinds of byGroup.values()) {
    const { group, version } = kinds[0]!
    Object.assign(paths, v2Paths([...discoveryOperations({ group, version }), ...kinds.flatMap(operationsOf)], names))
    for (const one of kinds.filter(({ kind }) => kind.custom)) Object.assign(definitions, customDefinitions(one, 2))
    await pause()
  }
  Object.assign(definitions, definitionsOf(names, { version: 2, descriptions: options.descriptions, groupVersions }))
  await pause()
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: options.serverVersion },
    paths: sorted(paths),
    definitions: sorted(definitions),
    securityDefinitions: {
      BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' },
    },
    security: [{ BearerToken: [] }],
  }
}

function v2Paths(operations: readonly Operation[], names: Set<string>): Json {
  return Object.fromEntries(
    [...groupByPath(operations)].map(([path, list]) => {
      const shared = sharedParameters(list)
      const item: Json = Object.fromEntries(list.map((operation) => [operation.method, v2Operation(operation, shared, names)]))
      if (shared.length > 0) item['parameters'] = shared.map(v2Parameter)
      return [path, item]
    }),
  )
}

function v2Operation(operation: Operation, shared: readonly Parameter[], names: Set<string>): Json {
  const { body, answers, action, gvk } = operation
  const schemaOf = (definition: string | undefined): Json => {
    if (definition === undefined) return { type: 'string' }
    names.add(definition)
    return { $ref: referenceTo(definition, 2) }
  }
  const parameters: Json[] = operation.parameters.filter((parameter) => !shared.includes(parameter)).map(v2Parameter)
  if (body)
    parameters.unshift({ name: 'body', in: 'body', ...(body.required ? { required: true } : {}), schema: schemaOf(body.definition) })
  return {
    description: operation.description,
    consumes: operation.consumes,
    produces: operation.produces,
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.id,
    ...(parameters.length === 0 ? {} : { parameters }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([code, type]) => [code, { description: codeWords[code] ?? 'OK', schema: schemaOf(type) }]),
      ),
      401: { description: 'Unauthorized' },
    },
    ...(action ? { 'x-kubernetes-action': action } : {}),
    ...(gvk ? { 'x-kubernetes-group-version-kind': gvk } : {}),
  }
}

function v2Parameter({ name, in: place, description, required, type }: Parameter): Json {
  return { uniqueItems: true, type, ...(description === '' ? {} : { description }), name, in: place, ...(required ? { required } : {}) }
}

function sorted(object: Json): Json {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}
