// The operations of a kind: path, verb, parameters, bodies and answers, in a form from which both OpenAPI versions are printed.
// Names and ids follow https://kubernetes.io/docs/reference/generated/kubernetes-api/ (clients are generated from them).

import type { Resolved, Verb } from '../../apimachinery/kind.ts'
import { definitionName, subresourcesIn } from '../../apimachinery/kind.ts'
import { apiVersionOf } from '../../apimachinery/meta.ts'
import { optionParameters, type Parameter, pathParameter, pretty } from './parameters.ts'
import { subresourceOperations } from './subresources.ts'

export interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

export interface Operation {
  path: string
  method: 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch'
  id: string
  tag: string
  description: string
  action?: string
  gvk?: GroupVersionKind
  parameters: Parameter[]
  /** Definition of the request body. */
  body?: { definition: string; required: boolean }
  consumes: readonly string[]
  produces: readonly string[]
  /** HTTP code → definition of the answer (undefined: a string). */
  answers: Record<number, string | undefined>
}

export const mediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'] as const
const streamTypes = [...mediaTypes, 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** What the operations of one kind share. */
export interface Subject {
  resolved: Resolved
  /** /apis/apps/v1 */
  prefix: string
  /** Definition of the object. */
  definition: string
  gvk: GroupVersionKind
  namespaced: boolean
  /** Media types of bodies: custom resources know no protobuf and no strategic merge. */
  produces: readonly string[]
  patches: readonly string[]
}

/** Every operation of a kind in one served version, in path order. */
export function operationsOf(resolved: Resolved): Operation[] {
  const subject = subjectOf(resolved)
  const { kind } = resolved
  const operations = [...collectionOperations(subject), ...objectOperations(subject, '', kind.verbs)]
  if (subresourcesIn(resolved).status) operations.push(...objectOperations(subject, 'status', ['get', 'patch', 'update']))
  operations.push(...subresourceOperations(subject), ...watchOperations(subject))
  return operations
}

/** The definition name of an object: of openapi/schema.json, or made of the group as for custom resources. */
export function objectDefinition({ kind, group, version, served }: Resolved): string {
  if (kind.custom) return `${group.split('.').reverse().join('.')}.${version}.${kind.kind}`
  if (served) return served.schemaName ?? definitionName(group, version, kind.kind)
  return kind.schemaName
}

function subjectOf(resolved: Resolved): Subject {
  const { kind, group, version } = resolved
  return {
    resolved,
    prefix: group === '' ? `/api/${version}` : `/apis/${apiVersionOf(group, version)}`,
    definition: objectDefinition(resolved),
    gvk: { group, kind: kind.kind, version },
    namespaced: kind.scope === 'Namespaced',
    produces: kind.custom ? mediaTypes.slice(0, 2) : mediaTypes,
    patches: kind.custom ? patchTypes.filter((type) => !type.includes('strategic')) : patchTypes,
  }
}

function collectionOperations(subject: Subject): Operation[] {
  const { resolved, definition, gvk, namespaced, prefix } = subject
  const { kind } = resolved
  const list: Partial<Operation> = {
    description: `list or watch objects of kind ${kind.kind}`,
    action: 'list',
    parameters: optionParameters('ListOptions'),
    produces: kind.custom ? subject.produces : streamTypes,
    answers: { 200: listDefinition(subject) },
  }
  const operations: Operation[] = []
  const path = objectPath(subject, false)
  if (kind.verbs.includes('list')) {
    if (namespaced)
      operations.push(operation(subject, 'get', 'list', '', { ...list, path: `${prefix}/${kind.resource}` }, 'ForAllNamespaces'))
    operations.push(operation(subject, 'get', 'list', '', { ...list, path }))
  }
  if (kind.verbs.includes('create')) {
    const answers = { 200: definition, 201: definition, 202: definition }
    const parameters = optionParameters('CreateOptions')
    const body = { definition, required: true }
    operations.push(
      operation(subject, 'post', 'create', '', {
        path,
        description: `create ${withArticle(kind.kind)}`,
        action: 'post',
        parameters,
        body,
        answers,
      }),
    )
  }
  if (kind.verbs.includes('deletecollection')) {
    const parameters = [...optionParameters('DeleteOptions'), ...optionParameters('ListOptions', ['watch', 'allowWatchBookmarks'])]
    operations.push(
      operation(subject, 'delete', 'deletecollection', '', {
        path,
        description: `delete collection of ${gvk.kind}`,
        action: 'deletecollection',
        parameters: parameters.sort((a, b) => (a.name < b.name ? -1 : 1)),
        body: { definition: `${meta}.DeleteOptions`, required: false },
        answers: { 200: `${meta}.Status` },
      }),
    )
  }
  return operations
}

/** GET, PUT, PATCH, DELETE of an object or of a part of it; `type` is what the part is read and written as. */
export function objectOperations(
  subject: Subject,
  part: string,
  verbs: readonly Verb[],
  type: { definition?: string; gvk?: GroupVersionKind } = {},
): Operation[] {
  const definition = type.definition ?? subject.definition
  const path = `${objectPath(subject, true)}${part === '' ? '' : `/${part}`}`
  const of = part === '' ? '' : `${part} of `
  const kind = subject.gvk.kind
  const common = { path, gvk: type.gvk ?? subject.gvk }
  const body = { definition, required: true }
  const make: Partial<Record<Verb, () => Operation>> = {
    get: () =>
      operation(subject, 'get', 'read', part, {
        ...common,
        description: `read ${of}the specified ${kind}`,
        action: 'get',
        answers: { 200: definition },
      }),
    update: () =>
      operation(subject, 'put', 'replace', part, {
        ...common,
        description: `replace ${of}the specified ${kind}`,
        action: 'put',
        parameters: optionParameters('UpdateOptions'),
        body,
        answers: { 200: definition, 201: definition },
      }),
    delete: () => {
      const answer = subject.resolved.kind.deleteReturnsObject ? definition : `${meta}.Status`
      return operation(subject, 'delete', 'delete', part, {
        ...common,
        description: `delete ${withArticle(kind)}`,
        action: 'delete',
        parameters: optionParameters('DeleteOptions'),
        body: { definition: `${meta}.DeleteOptions`, required: false },
        answers: { 200: answer, 202: answer },
      })
    },
    patch: () =>
      operation(subject, 'patch', 'patch', part, {
        ...common,
        description: `partially update ${of}the specified ${kind}`,
        action: 'patch',
        parameters: optionParameters('PatchOptions'),
        body: { definition: `${meta}.Patch`, required: true },
        consumes: subject.patches,
        answers: { 200: definition, 201: definition },
      }),
  }
  return (['get', 'update', 'delete', 'patch'] as const).filter((verb) => verbs.includes(verb)).map((verb) => make[verb]!())
}

/** The /watch/ paths that came before `?watch=true`. */
function watchOperations(subject: Subject): Operation[] {
  const { kind } = subject.resolved
  if (!kind.verbs.includes('watch')) return []
  const common = {
    parameters: optionParameters('ListOptions'),
    produces: kind.custom ? subject.produces : streamTypes,
    answers: { 200: `${meta}.WatchEvent` },
  }
  const path = (text: string) => text.replace(subject.prefix, `${subject.prefix}/watch`)
  const instead = "deprecated: use the 'watch' parameter with a list operation instead"
  const list = { ...common, description: `watch individual changes to a list of ${kind.kind}. ${instead}.`, action: 'watchlist' }
  const one = {
    ...common,
    description: `watch changes to an object of kind ${kind.kind}. ${instead}, filtered by 'fieldSelector'.`,
    action: 'watch',
  }
  return [
    ...(subject.namespaced
      ? [operation(subject, 'get', 'watch', '', { ...list, path: `${subject.prefix}/watch/${kind.resource}` }, 'ListForAllNamespaces')]
      : []),
    operation(subject, 'get', 'watch', '', { ...list, path: path(objectPath(subject, false)) }, 'List'),
    operation(subject, 'get', 'watch', '', { ...one, path: path(objectPath(subject, true)) }),
  ]
}

/** /apis/apps/v1/namespaces/{namespace}/deployments[/{name}] */
export function objectPath({ prefix, namespaced, resolved }: Subject, named: boolean): string {
  return `${prefix}${namespaced ? '/namespaces/{namespace}' : ''}/${resolved.kind.resource}${named ? '/{name}' : ''}`
}

/** Fills in what is the same for every operation: id, tag, path parameters, media types. */
export function operation(
  subject: Subject,
  method: Operation['method'],
  verb: string,
  part: string,
  given: Partial<Operation>,
  suffix = '',
): Operation {
  const { group, version, kind } = subject.gvk
  const path = given.path!
  const namespaced = path.includes('{namespace}') ? 'Namespaced' : ''
  const [prefix, rest] =
    verb === 'deletecollection' ? ['delete', 'Collection'] : verb.startsWith('connect') ? ['connect', verb.slice(7)] : [verb, '']
  const groupWord = group === '' ? 'core' : camel(group.replace(/\.k8s\.io$/, ''))
  const inPath = ['name', 'namespace', 'path'].filter((name) => path.includes(`{${name}}`))
  const named = inPath.map((name) => pathParameter(name, name === 'name' ? `name of the ${(given.gvk ?? subject.gvk).kind}` : undefined))
  return {
    gvk: subject.gvk,
    consumes: ['*/*'],
    produces: subject.produces,
    answers: {},
    description: '',
    ...given,
    path,
    method,
    id: `${prefix}${title(groupWord)}${title(version)}${rest}${namespaced}${kind}${title(part)}${suffix}`,
    tag: `${groupWord}_${version}`,
    parameters: [...(given.parameters ?? []), ...named, ...(verb.startsWith('connect') ? [] : [pretty])],
  }
}

function listDefinition({ definition, resolved }: Subject): string {
  return definition.replace(/[^.]+$/, resolved.kind.listKind)
}

function camel(text: string): string {
  return text.replace(/[^A-Za-z0-9]+(.)/g, (_, letter: string) => letter.toUpperCase())
}

function title(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** "a Deployment", "an Ingress". */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`
}
