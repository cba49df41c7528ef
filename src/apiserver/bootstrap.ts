// What must exist before anybody asks: the system's namespaces, the service `kubernetes`, priority classes, the client CA, flow control.
// Run once the server listens; what exists already is left alone, except the endpoints of this server.

import { ConfigMap } from '../api/core/configmap.ts'
import { Endpoints } from '../api/core/endpoints.ts'
import { Namespace } from '../api/core/namespace.ts'
import { Service } from '../api/core/service/index.ts'
import { EndpointSlice } from '../api/discovery/endpointslice.ts'
import { FlowSchema } from '../api/flowcontrol/flowschema.ts'
import { PriorityLevelConfiguration } from '../api/flowcontrol/prioritylevelconfiguration.ts'
import { ServiceCIDR } from '../api/networking/servicecidr.ts'
import { PriorityClass } from '../api/scheduling/priorityclass.ts'
import { isAlreadyExists, isNotFound } from '../apimachinery/api-error.ts'
import { semanticEqual } from '../apimachinery/equal.ts'
import type { Kind } from '../apimachinery/kind.ts'
import { draft as draftOf, type KubeObject, objectKey } from '../apimachinery/meta.ts'
import { firstServiceIp } from './allocators/cluster-ips.ts'
import { familyOf } from './allocators/service-families.ts'
import type { RequestHeaderOptions } from './authentication/request-header.ts'
import { authenticationData, authenticationMap } from './authentication-trust.ts'
import { flowSchemas, priorityLevels } from './bootstrap-flow-control.ts'
import type { ServerContext } from './context.ts'
import { deleteObject } from './deletion.ts'
import { withDefaults } from './schemas.ts'
import { createObject, updateObject, type Write } from './store.ts'

export interface BootstrapOptions {
  /** Where this server is reached; default --advertise-address and --secure-port. */
  address?: string
  port?: number
  /** PEM of --client-ca-file, for extension API servers. */
  clientCa?: string
  /** How this server says to extension API servers who asks. */
  requestHeader?: RequestHeaderOptions & { ca: string }
}

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

const priorityClasses = [
  {
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    metadata: { name: 'system-cluster-critical' },
    value: 2_000_000_000,
    description: 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
]

/** Makes what is missing. One object that cannot be made is logged and does not stop the others; rejects when storage does not answer. */
export async function bootstrap(server: ServerContext, options: BootstrapOptions = {}): Promise<void> {
  const { registry, options: flags } = server
  const address = options.address ?? flags.advertiseAddress
  const port = options.port ?? flags.securePort
  await server.read.refresh()
  for (const name of namespaces) await ensure(server, Namespace, { metadata: { name } })
  await server.read.refresh()
  for (const priorityClass of priorityClasses) await ensure(server, PriorityClass, priorityClass)
  await ensure(server, ServiceCIDR, { metadata: { name: 'kubernetes' }, spec: { cidrs: [...flags.serviceClusterIpRange] } })
  await ensure(server, Service, kubernetesService(flags.serviceClusterIpRange[0] ?? '', port))
  await reconcile(server, Endpoints, kubernetesEndpoints(address, port))
  await reconcile(server, EndpointSlice, kubernetesEndpointSlice(address, port))
  const trust = authenticationData(
    options,
    server.read.get(ConfigMap, authenticationMap.namespace, authenticationMap.name)?.data,
    server.clock.now(),
  )
  if (trust !== undefined) await reconcile(server, ConfigMap, { metadata: authenticationMap, data: trust })
  const known = new Set<Kind>(registry.kinds())
  if (known.has(PriorityLevelConfiguration as unknown as Kind)) {
    for (const level of priorityLevels) await ensure(server, PriorityLevelConfiguration, level)
    for (const schema of flowSchemas) await ensure(server, FlowSchema, schema)
  }
  await server.read.refresh()
}

/** Creates a namespace, unless it is there (NamespaceAutoProvision). */
export function ensureNamespace(server: ServerContext, name: string): Promise<void> {
  return ensure(server, Namespace, { metadata: { name } })
}

/** Deletes the Endpoints of a service that is gone. What fails is logged. */
export async function deleteEndpoints(server: ServerContext, namespace: string, name: string): Promise<void> {
  try {
    await deleteObject(writeOf(server, Endpoints, namespace, name), {}, { skipAdmission: true })
  } catch (error) {
    if (!isNotFound(error)) server.log.error({ err: error, service: `${namespace}/${name}` }, 'Cannot delete the Endpoints of a service')
  }
}

function kubernetesService(range: string, port: number) {
  const clusterIP = firstServiceIp(range)
  return {
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: [familyOf(clusterIP)],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
    },
  }
}

function kubernetesEndpoints(ip: string, port: number) {
  return {
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  }
}

function kubernetesEndpointSlice(address: string, port: number) {
  return {
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: familyOf(address),
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  }
}

/** Creates an object that is not there. */
export async function ensure<T extends KubeObject>(server: ServerContext, kind: Kind<T>, object: T): Promise<void> {
  const { name = '', namespace } = object.metadata ?? {}
  if (server.read.get(kind, namespace, name) !== undefined) return
  try {
    await createObject(writeOf(server, kind, namespace, name), typed(kind, object))
  } catch (error) {
    if (isAlreadyExists(error)) return
    server.log.error({ err: error, kind: kind.kind, object: objectKey(object) }, 'Cannot make an object that every cluster has')
  }
}

/** Creates an object, or brings its content (not its metadata) to what it should be. */
async function reconcile<T extends KubeObject>(server: ServerContext, kind: Kind<T>, wanted: T): Promise<void> {
  const { name = '', namespace } = wanted.metadata ?? {}
  const present = server.read.get(kind, namespace, name)
  if (present === undefined) return ensure(server, kind, wanted)
  const { metadata: _metadata, ...content } = typed(kind, wanted) as KubeObject & Record<string, unknown>
  const { metadata: _own, ...before } = present as KubeObject & Record<string, unknown>
  if (semanticEqual(content, before)) return
  try {
    await updateObject(writeOf(server, kind, namespace, name), (current) => ({ ...draftOf(current!), ...structuredClone(content) }))
  } catch (error) {
    server.log.error({ err: error, kind: kind.kind, object: objectKey(wanted) }, 'Cannot bring an object up to date that every cluster has')
  }
}

function typed<T extends KubeObject>(kind: Kind<T>, object: T): KubeObject {
  return withDefaults(kind as unknown as Kind, { ...structuredClone(object), kind: kind.kind, apiVersion: kind.apiVersion } as KubeObject)
}

/** The server itself writes. */
export function writeOf<T extends KubeObject>(server: ServerContext, kind: Kind<T>, namespace: string | undefined, name: string): Write {
  const plain = kind as unknown as Kind
  return {
    server,
    resolved: { kind: plain, group: plain.group, version: plain.version },
    namespace,
    name,
    user: { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] },
    dryRun: false,
    fieldManager: 'kube-apiserver',
    warnings: [],
    signal: server.signal,
  }
}
