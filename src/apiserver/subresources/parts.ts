// Subresources that are a part of the object itself: read, replaced and patched by the generic verbs under their own rules.
import type { Namespace as NamespaceObject, Pod as PodObject } from '../../../openapi/types/core/v1.ts'
import { csrApprovalErrors } from '../../api/certificates/csr-rules.ts'
import { validatePodResize } from '../../api/core/pod/validate-resize.ts'
import { validateEphemeralContainersUpdate } from '../../api/core/pod/validate-update.ts'
import { at, type FieldError } from '../../apimachinery/field-errors.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { validateFinalizers } from '../../apimachinery/object-meta.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from '../context.ts'
import { mainStrategy, plainStrategy, type Strategy, statusStrategy } from '../strategy.ts'
import { get } from '../verbs/get.ts'
import { patch } from '../verbs/patch.ts'
import { update } from '../verbs/update.ts'
import { targetOf } from './request.ts'

type Rules<T extends KubeObject> = (object: T, old: T) => FieldError[]

/** Debug containers: only added, never changed. */
export const ephemeralContainers = part('ephemeralcontainers', 'pods', (kind) =>
  checked(mainStrategy(kind), kind, validateEphemeralContainersUpdate as Rules<PodObject>),
)

/** In-place resize: only resources of containers. */
export const resize = part('resize', 'pods', (kind) => checked(mainStrategy(kind), kind, validatePodResize as Rules<PodObject>))

/** Approved and Denied conditions of a certificate request. */
export const approval = part('approval', 'certificatesigningrequests.certificates.k8s.io', (kind) =>
  checked(statusStrategy(kind), kind, csrApprovalErrors),
)

/** A namespace's own finalizers: the controller takes `kubernetes` away when the namespace is empty. */
export const finalize = part('finalize', 'namespaces', finalizeStrategy, ['update'])

function part(
  name: string,
  resource: string,
  strategyOf: (kind: Kind) => Strategy,
  verbs: readonly string[] = ['get', 'update', 'patch'],
): Subresource {
  return { name, kinds: [resource], verbs, handle: (request, server) => handle(request, server, strategyOf) }
}

function handle(request: RequestContext, server: ServerContext, strategyOf: (kind: Kind) => Strategy): Promise<Answer> {
  const target = targetOf(request)
  const strategy = strategyOf(target.resolved.kind)
  if (request.info.verb === 'get') return get(server, request, target)
  return request.info.verb === 'update' ? update(server, request, target, strategy) : patch(server, request, target, strategy)
}

/** A strategy with other rules than the kind's; those of metadata stay. */
function checked<T extends KubeObject>(strategy: Strategy, kind: Kind, rules: Rules<T>): Strategy {
  const { validateUpdate } = plainStrategy(kind)
  return { ...strategy, validateUpdate: (object, old) => [...validateUpdate(object, old), ...rules(object as T, old as T)] }
}

function finalizeStrategy(kind: Kind): Strategy {
  return checked(
    {
      ...plainStrategy(kind),
      prepareForUpdate: (draft, old) => {
        const namespace = draft as NamespaceObject
        const before = old as NamespaceObject
        if (before.status === undefined) delete namespace.status
        else namespace.status = structuredClone(before.status)
      },
    },
    kind,
    (namespace: NamespaceObject) => validateFinalizers(namespace.spec?.finalizers, at('spec', 'finalizers')),
  )
}
