// What admission plugins share: how they refuse, and how they ask what a request is about.
import { ApiError, forbidden, qualifiedResource, type StatusCause } from '../../apimachinery/api-error.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { AdmissionAttributes } from './plugin.ts'

/** 403 `pods "x" is forbidden: …`; an object without a name yet is called by its generateName, or Unknown. */
export function refuse(attributes: AdmissionAttributes, message: string, causes?: StatusCause[]): ApiError {
  const { name, object, resolved, kind } = attributes
  const called = name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown'
  const error = forbidden({ group: resolved.group, resource: kind.resource }, called, message)
  return causes === undefined ? error : new ApiError('Forbidden', error.message, { details: { ...error.details, causes } })
}

/** Whether the request is for this resource ("pods", "ingresses.networking.k8s.io") or, when given, a subresource of it. */
export function isFor(attributes: AdmissionAttributes, resource: string, subresource = ''): boolean {
  return qualifiedResource(attributes.kind) === resource && (attributes.subresource ?? '') === subresource
}

/** The object of a request that {@link isFor} has identified. */
export function objectAs<T extends KubeObject>(attributes: AdmissionAttributes): T {
  return (attributes.object ?? {}) as T
}

/** The object before the request, if there was one. */
export function oldObjectAs<T extends KubeObject>(attributes: AdmissionAttributes): T | undefined {
  return attributes.oldObject as T | undefined
}

/** Several refusals as upstream joins them: `a`, or `[a, b]`, each said once. */
export function joined(messages: readonly string[]): string {
  const unique = [...new Set(messages)]
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`
}
