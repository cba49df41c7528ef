// A server with everything around its core: admission, authentication, discovery, subresources, allocators, bootstrap.
import { admissionChain } from '../../../src/apiserver/admission/index.ts'
import { bookUsage } from '../../../src/apiserver/admission/quota/book-usage.ts'
import { serviceAllocator } from '../../../src/apiserver/allocators/services.ts'
import { authenticationChain, tokenAuthenticator } from '../../../src/apiserver/authentication/index.ts'
import { type ServiceAccountTokens, serviceAccountTokens } from '../../../src/apiserver/authentication/service-account-tokens.ts'
import { bootstrap } from '../../../src/apiserver/bootstrap.ts'
import type { ServerOptions } from '../../../src/apiserver/context.ts'
import { discoveryRoutes } from '../../../src/apiserver/discovery/index.ts'
import { healthRoutes } from '../../../src/apiserver/health.ts'
import { apiServerMetrics, metricsRoute } from '../../../src/apiserver/metrics.ts'
import { subresources } from '../../../src/apiserver/subresources/index.ts'
import { versionRoute } from '../../../src/apiserver/version.ts'
import { generateKeyPair, privateKeyPem } from '../../../src/pki/keys.ts'
import type { EmbeddedStorage } from '../../../src/storage/embedded/embedded.ts'
import { openEmbedded } from '../../../src/storage/embedded/embedded.ts'
import { type Harness, ManualClock, type Reply, seeded, start } from '../core/harness.ts'

export interface WholeServer extends Harness {
  tokens: ServiceAccountTokens
  storage: EmbeddedStorage
  /** A request as an administrator. */
  admin: (method: string, url: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>
  /** Creates a namespace with its default service account. */
  namespace: (name: string, labels?: Record<string, string>) => Promise<void>
}

const signingKey = privateKeyPem(generateKeyPair().privateKey)
const issuer = 'https://kubernetes.default.svc.cluster.local'

export interface WholeServerOptions {
  enabled?: string[]
  disabled?: string[]
  storage?: EmbeddedStorage
  clusterIpRanges?: string[]
  /** Further settings of the server. */
  server?: Partial<ServerOptions>
}

export async function startWhole(given: WholeServerOptions = {}): Promise<WholeServer> {
  const storage = given.storage ?? (await openEmbedded({ path: undefined }))
  const ranges = given.clusterIpRanges ?? ['10.96.0.0/16']
  const clock = new ManualClock()
  const random = seeded(3)
  const tokens = serviceAccountTokens({ issuers: [issuer], audiences: [issuer], signingKey, clock, random })
  const tokenFileText = 'admin-token,admin,1,"system:masters"\nnode-token,system:node:n1,2,"system:nodes"\n'
  const routes = [...discoveryRoutes(), ...healthRoutes(), versionRoute(), metricsRoute(apiServerMetrics(0))]
  const harness = await start(
    { anonymousAuth: false, serviceClusterIpRange: ranges, advertiseAddress: '192.168.7.1', ...given.server },
    {
      storage,
      clock,
      random,
      routes,
      authenticators: ({ read }) =>
        authenticationChain({ clock, read, tokenFileText, serviceAccountTokens: tokens, bootstrapTokens: true }),
      admission: (server) =>
        admissionChain(
          {
            ...(given.enabled === undefined ? {} : { enabled: given.enabled }),
            ...(given.disabled === undefined ? {} : { disabled: given.disabled }),
          },
          { clock, random, book: bookUsage(storage), createNamespace: async () => {}, server },
        ),
      hooks: ({ read }) => [serviceAllocator({ clusterIpRanges: ranges, nodePortRange: { from: 30000, to: 32767 }, random, read })],
      subresources: ({ read }) =>
        subresources({ tokens, askToken: tokenAuthenticator({ clock, read, tokenFileText, serviceAccountTokens: tokens }) }),
    },
  )
  const { context } = harness.server
  await bootstrap(context)
  const admin: WholeServer['admin'] = (method, url, body, headers) =>
    harness.call(method, url, body, { authorization: 'Bearer admin-token', ...headers })
  return {
    ...harness,
    clock,
    tokens,
    storage,
    admin,
    namespace: async (name, labels = {}) => {
      await admin('POST', '/api/v1/namespaces', { metadata: { name, labels } })
      await admin('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } })
    },
  }
}

/** The least pod that is valid. */
export function pod(name: string, spec: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}) {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec } }
}
