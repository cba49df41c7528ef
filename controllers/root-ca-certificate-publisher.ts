// Publishes the cluster's CA as the ConfigMap kube-root-ca.crt in every namespace: pods verify the API server with it.
import type { ConfigMap as ConfigMapObject } from '../openapi/types/core/v1.ts'
import { ConfigMap } from '../src/api/core/configmap.ts'
import { Namespace } from '../src/api/core/namespace.ts'
import { defineController } from '../src/controller/define.ts'
import { create, nothing, plan, update } from '../src/controller/plan.ts'

const name = 'kube-root-ca.crt'
const annotations = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
}

export const rootCaCertificatePublisher = defineController({
  name: 'root-ca-certificate-publisher',
  for: Namespace,
  reads: { configMaps: ConfigMap },
  watches: [{ kind: ConfigMap, map: (map: ConfigMapObject) => (map.metadata?.name === name ? [map.metadata.namespace ?? ''] : []) }],
  /** PEM text of the bundle; without it there is nothing to publish. */
  options: { rootCa: '' },
  reconcile(namespace, { configMaps }, { options }) {
    const at = namespace.metadata?.name ?? ''
    const rootCa = String(options['rootCa'])
    if (rootCa === '' || namespace.status?.phase !== 'Active' || namespace.metadata?.deletionTimestamp !== undefined) return nothing
    const present = configMaps.get(name, at)
    const data = { 'ca.crt': rootCa }
    if (present === undefined)
      return plan(create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: at, annotations }, data }))
    const right = Object.keys(present.data ?? {}).length === 1 && present.data?.['ca.crt'] === rootCa
    // any description will do: users may have written their own
    const described = Object.keys(annotations).every((key) => present.metadata?.annotations?.[key])
    if (right && described) return nothing
    return plan(
      update(ConfigMap, {
        ...present,
        metadata: { ...present.metadata, annotations: { ...present.metadata?.annotations, ...annotations } },
        data,
      }),
    )
  },
})
