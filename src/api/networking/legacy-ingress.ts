// Ingress in extensions/v1beta1 and networking.k8s.io/v1beta1: flat backends, `backend` for `defaultBackend`, an optional path type.
import type { Ingress, IngressBackend } from '../../../openapi/types/networking/v1.ts'
import type { IngressBackend as OldBackend, Ingress as OldIngress } from '../../../openapi/types/networking/v1beta1.ts'
import type { ServedVersion } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { legacyVersion } from '../legacy-version.ts'

const common = { kind: 'Ingress', use: 'networking.k8s.io/v1', removed: '1.22', toStorage: ingressFromBeta, fromStorage: ingressToBeta }

/** The old versions of Ingress. */
export const legacyIngresses: readonly ServedVersion[] = [
  legacyVersion('extensions', 'v1beta1', { ...common, schemaName: 'io.k8s.api.extensions.v1beta1.Ingress', deprecated: '1.14' }),
  legacyVersion('networking.k8s.io', 'v1beta1', { ...common, schemaName: 'io.k8s.api.networking.v1beta1.Ingress', deprecated: '1.19' }),
]

/** v1beta1 → v1. */
export function ingressFromBeta(object: KubeObject): KubeObject {
  const { spec, ...rest } = object as OldIngress
  if (spec === undefined) return object
  const { backend, rules, ...others } = spec
  const converted: Ingress['spec'] = {
    ...others,
    ...(backend === undefined ? {} : { defaultBackend: backendFromBeta(backend) }),
    ...(rules === undefined
      ? {}
      : {
          rules: rules.map(({ http, ...rule }) => ({
            ...rule,
            ...(http === undefined
              ? {}
              : {
                  http: {
                    paths: http.paths.map(({ backend: old, pathType = 'ImplementationSpecific', ...path }) => ({
                      ...path,
                      pathType,
                      backend: backendFromBeta(old),
                    })),
                  },
                }),
          })),
        }),
  }
  return { ...rest, spec: converted } as KubeObject
}

function backendFromBeta({ serviceName, servicePort, resource }: OldBackend): IngressBackend {
  const named = Boolean(serviceName) || Boolean(servicePort)
  const port = typeof servicePort === 'string' ? { name: servicePort } : servicePort ? { number: servicePort } : {}
  return { ...(named ? { service: { name: serviceName ?? '', port } } : {}), ...(resource === undefined ? {} : { resource }) }
}

/** v1 → v1beta1. */
export function ingressToBeta(object: KubeObject): KubeObject {
  const { spec, ...rest } = object as Ingress
  if (spec === undefined) return object
  const { defaultBackend, rules, ...others } = spec
  const converted: OldIngress['spec'] = {
    ...others,
    ...(defaultBackend === undefined ? {} : { backend: backendToBeta(defaultBackend) }),
    ...(rules === undefined
      ? {}
      : {
          rules: rules.map(({ http, ...rule }) => ({
            ...rule,
            ...(http === undefined
              ? {}
              : { http: { paths: http.paths.map(({ backend, ...path }) => ({ ...path, backend: backendToBeta(backend) })) } }),
          })),
        }),
  }
  return { ...rest, spec: converted } as KubeObject
}

function backendToBeta({ service, resource }: IngressBackend): OldBackend {
  const port = service?.port?.name || service?.port?.number
  return {
    ...(service === undefined ? {} : { serviceName: service.name, ...(port === undefined ? {} : { servicePort: port }) }),
    ...(resource === undefined ? {} : { resource }),
  }
}
