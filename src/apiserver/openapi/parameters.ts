// Query parameters of the operations: the scalar fields of the option types, so that a new option is documented by its facts alone.
import { factsOf } from '../../apimachinery/schema/from-openapi.ts'

export interface Parameter {
  name: string
  in: 'query' | 'path'
  type: string
  description: string
  required: boolean
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

const words: Record<string, string> = {
  allowWatchBookmarks: 'Ask for BOOKMARK events, which carry only a resourceVersion to resume from.',
  continue: 'Token of the previous page of a list.',
  dryRun: 'All: do everything but persist the change.',
  fieldManager: 'Name of the program or person that makes the change.',
  fieldSelector: 'Restrict the result to objects whose fields match.',
  fieldValidation: 'What to do about unknown or duplicate fields: Ignore, Warn or Strict.',
  force: 'Apply only: take over fields that other managers own.',
  gracePeriodSeconds: 'Seconds until the object is deleted; 0 means now.',
  labelSelector: 'Restrict the result to objects whose labels match.',
  limit: 'Most items to return in one page.',
  name: 'name of the object',
  namespace: 'namespace of the object',
  orphanDependents: 'Deprecated, use propagationPolicy.',
  path: 'path to use in the request to the resource',
  pretty: 'Indent the output when true.',
  propagationPolicy: 'What happens to dependents: Orphan, Background or Foreground.',
  resourceVersion: 'The revision the answer must be based on, see resourceVersionMatch.',
  resourceVersionMatch: 'How resourceVersion is applied to a list: Exact or NotOlderThan.',
  sendInitialEvents: 'Watch only: begin with the current state as synthetic events, closed by a bookmark.',
  timeoutSeconds: 'End the call after this time.',
  watch: 'Stream changes instead of answering with a list.',
}

/** A string parameter in the path. */
export function pathParameter(name: string, description = words[name]!): Parameter {
  return { name, in: 'path', type: 'string', description, required: true }
}

export const pretty: Parameter = { name: 'pretty', in: 'query', type: 'string', description: words['pretty']!, required: false }

/** The fields of an options type (`ListOptions`, or a full definition name) as query parameters, by name. */
export function optionParameters(type: string, except: readonly string[] = []): Parameter[] {
  const key = [type, ...except].join(' ')
  const known = computed.get(key) ?? compute(type, except)
  computed.set(key, known)
  return known.slice()
}

const computed = new Map<string, readonly Parameter[]>()

function compute(type: string, except: readonly string[] = []): Parameter[] {
  const fields = factsOf(type.includes('.') ? type : `${meta}.${type}`)?.f ?? {}
  return Object.entries(fields)
    .filter(([name, field]) => name !== 'kind' && name !== 'apiVersion' && !field.t.startsWith('#') && !except.includes(name))
    .map(([name, field]) => ({ name, in: 'query' as const, type: parameterType(field.t), description: words[name] ?? '', required: false }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function parameterType(text: string): string {
  if (text === 'boolean') return 'boolean'
  return text === 'int64' || text === 'int32' ? 'integer' : 'string'
}
