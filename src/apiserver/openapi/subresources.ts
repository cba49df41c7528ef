// Operations of the subresources that are not status: each has a verb set and a type of its own.
import { subresourcesIn, type Verb } from '../../apimachinery/kind.ts'
import { type GroupVersionKind, type Operation, objectOperations, objectPath, operation, type Subject, withArticle } from './operations.ts'
import { optionParameters } from './parameters.ts'

/** Read and written as another type: definition and its group, version, kind. */
interface OtherType {
  definition: string
  gvk: GroupVersionKind
}

const scale: OtherType = { definition: 'io.k8s.api.autoscaling.v1.Scale', gvk: { group: 'autoscaling', kind: 'Scale', version: 'v1' } }

/** Created beneath an object: POST only. */
const created: Record<string, OtherType> = {
  binding: { definition: 'io.k8s.api.core.v1.Binding', gvk: { group: '', kind: 'Binding', version: 'v1' } },
  eviction: { definition: 'io.k8s.api.policy.v1.Eviction', gvk: { group: 'policy', kind: 'Eviction', version: 'v1' } },
  token: {
    definition: 'io.k8s.api.authentication.v1.TokenRequest',
    gvk: { group: 'authentication.k8s.io', kind: 'TokenRequest', version: 'v1' },
  },
}

/** The object itself under another path. */
const views: Record<string, readonly Verb[]> = {
  approval: ['get', 'patch', 'update'],
  ephemeralcontainers: ['get', 'patch', 'update'],
  finalize: ['update'],
  resize: ['get', 'patch', 'update'],
}

/** Streams: the options type, and the methods that open them. */
const streams: Record<string, { options: string; methods: readonly Operation['method'][] }> = {
  attach: { options: 'PodAttachOptions', methods: ['get', 'post'] },
  exec: { options: 'PodExecOptions', methods: ['get', 'post'] },
  portforward: { options: 'PodPortForwardOptions', methods: ['get', 'post'] },
}
const proxyMethods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const

/** All operations of the subresources of a kind but status. Unknown names are left out: they have no documented form. */
export function subresourceOperations(subject: Subject): Operation[] {
  const { scale: scalePaths, others = [] } = subresourcesIn(subject.resolved)
  const names = [...(scalePaths ? ['scale'] : []), ...others.filter((name) => name !== 'scale')]
  return names.flatMap((name) => {
    if (name === 'scale') return objectOperations(subject, 'scale', ['get', 'patch', 'update'], scale)
    if (created[name]) return [createOperation(subject, name, created[name])]
    if (views[name]) return objectOperations(subject, name, views[name])
    if (streams[name]) return streams[name].methods.map((method) => connectOperation(subject, method, name, streams[name]!.options))
    if (name === 'proxy') return proxyOperations(subject)
    return name === 'log' ? [logOperation(subject)] : []
  })
}

function createOperation(subject: Subject, part: string, { definition, gvk }: OtherType): Operation {
  return operation(subject, 'post', 'create', part, {
    path: `${objectPath(subject, true)}/${part}`,
    description: `create ${part} of ${withArticle(subject.gvk.kind)}`,
    action: 'post',
    gvk,
    parameters: optionParameters('CreateOptions'),
    body: { definition, required: true },
    answers: { 200: definition, 201: definition, 202: definition },
  })
}

function logOperation(subject: Subject): Operation {
  return operation(subject, 'get', 'read', 'log', {
    path: `${objectPath(subject, true)}/log`,
    description: `read log of the specified ${subject.gvk.kind}`,
    action: 'get',
    parameters: optionParameters('io.k8s.api.core.v1.PodLogOptions'),
    produces: ['text/plain', ...subject.produces],
    answers: { 200: undefined },
  })
}

function proxyOperations(subject: Subject): Operation[] {
  const options = `${subject.gvk.kind}ProxyOptions`
  const plain = proxyMethods.map((method) => connectOperation(subject, method, 'proxy', options))
  return [...plain, ...proxyMethods.map((method) => connectOperation(subject, method, 'proxy', options, '/{path}'))]
}

function connectOperation(subject: Subject, method: Operation['method'], part: string, options: string, rest = ''): Operation {
  const verb = `connect${method.charAt(0).toUpperCase()}${method.slice(1)}`
  // the option `path` gives way to the path parameter of the same name only by its place, as upstream documents both
  const parameters = optionParameters(`io.k8s.api.core.v1.${options}`)
  return operation(
    subject,
    method,
    verb,
    part,
    {
      path: `${objectPath(subject, true)}/${part}${rest}`,
      description: `connect ${method.toUpperCase()} requests to ${part} of ${subject.gvk.kind}`,
      action: 'connect',
      gvk: { group: '', kind: options, version: 'v1' },
      parameters,
      produces: ['*/*'],
      answers: { 200: undefined },
    },
    rest === '' ? '' : 'WithPath',
  )
}
