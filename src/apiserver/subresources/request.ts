// What subresource handlers share: the object a request is about, and Status answers.
import type { Kind, Resolved } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Answer, RequestContext, ServerContext } from '../context.ts'
import { writeOptions } from '../parameters.ts'
import type { Write } from '../store.ts'
import type { Target } from '../target.ts'
import { writeOf } from '../write-request.ts'

/** Kind, namespace and name of the URL. Only for resource requests, whose kind dispatch has found. */
export function targetOf({ resolved, info }: RequestContext): Target {
  if (resolved === undefined) throw new Error('a subresource was asked without a kind')
  const namespace = resolved.kind.scope === 'Cluster' ? undefined : info.namespace || undefined
  return { resolved, namespace, name: info.parts[1] ?? '' }
}

/** The Write of a POST to a subresource. */
export function createWrite(server: ServerContext, request: RequestContext): Write {
  return writeOf(server, request, targetOf(request), writeOptions(request.query, 'CreateOptions'))
}

/** The same writer on another object: without a subresource unless one is named. */
export function writeTo<T extends KubeObject>(
  write: Write,
  kind: Kind<T>,
  namespace: string | undefined,
  name: string,
  subresource?: string,
): Write {
  const plain = kind as unknown as Kind
  const resolved: Resolved = { kind: plain, group: plain.group, version: plain.version }
  const { subresource: _before, ...rest } = write
  return { ...rest, resolved, namespace, name, ...(subresource === undefined ? {} : { subresource }) }
}

/** `{kind: Status, status: Success}`: what a POST answers that makes no object. */
export function success(code = 201): Answer {
  return { type: 'object', code, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code } as KubeObject }
}
