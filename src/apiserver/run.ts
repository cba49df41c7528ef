// The whole API server out of its parts: embedded store, watch cache, authentication, admission, discovery, OpenAPI, bootstrap.
import type { Logger } from 'pino'
import { builtinKinds, optionalKinds } from '../api/index.ts'
import type { Clock, Random } from '../apimachinery/clock.ts'
import type { Storage } from '../storage/storage.ts'
import { admissionChain } from './admission/index.ts'
import { bookUsage } from './admission/quota/book-usage.ts'
import { type AggregationOptions, aggregation } from './aggregation/index.ts'
import { serviceAllocator } from './allocators/services.ts'
import type { AuditSink } from './audit/audit.ts'
import { auditLog } from './audit/audit.ts'
import { authenticationChain, tokenAuthenticator } from './authentication/index.ts'
import { type RequestHeaderOptions, requestHeaderDefaults } from './authentication/request-header.ts'
import { serviceAccountTokens } from './authentication/service-account-tokens.ts'
import { type BootstrapOptions, bootstrap, deleteEndpoints, ensureNamespace } from './bootstrap.ts'
import { type ApiServer, createServer } from './component.ts'
import type { ServerContext, ServerOptions } from './context.ts'
import { discoveryRoutes } from './discovery/index.ts'
import type { FlowControl } from './flow-control/flow-control.ts'
import { flowControl } from './flow-control/flow-control.ts'
import { inFlightLimit } from './flow-control/in-flight.ts'
import { type HealthCheck, healthRoutes } from './health.ts'
import { ensureTracking, noteUse } from './legacy-token-tracking.ts'
import { apiServerMetrics, metricsRoute } from './metrics.ts'
import { metricsApi } from './metrics-api/index.ts'
import { openApiRoutes } from './openapi/routes.ts'
import { enabledKinds } from './runtime-config.ts'
import { subresources } from './subresources/index.ts'
import type { KubeletClientOptions } from './subresources/kubelet.ts'
import { versionRoute } from './version.ts'

export interface RunOptions extends Partial<ServerOptions> {
  storage: Storage
  clock: Clock
  random: Random
  log: Logger
  /** Text of --token-auth-file. */
  tokenFileText?: string
  /** PEM keys that verify service account tokens. */
  serviceAccountKeys?: readonly string[]
  /** API Priority and Fairness; without it the two limits count alone. Default true. */
  enablePriorityAndFairness?: boolean
  /** Default 400 and 200; 0: no limit. */
  maxRequestsInflight?: number
  maxMutatingRequestsInflight?: number
  /** How to reach kubelets, for logs, exec, proxies and metrics. */
  kubelet?: KubeletClientOptions
  /** Serves metrics.k8s.io from what kubelets say. Default true. */
  enableMetricsApi?: boolean
  /** --runtime-config: versions to serve that are off by default, e.g. storagemigration.k8s.io/v1beta1 → true. */
  runtimeConfig?: Readonly<Record<string, string>>
  /** Proxies before this server; needs tls.requestHeaderCa. */
  requestHeader?: RequestHeaderOptions
  /** How this server proves itself to the servers of APIServices. */
  aggregation?: AggregationOptions
  /** Text of --audit-policy-file, and where lines go: without both nothing is audited. */
  auditPolicyText?: string
  auditSink?: AuditSink
}

/** Makes the server with all its parts; it listens once `listen` is called. Rejects when storage cannot be read. */
export async function openApiServer(options: RunOptions): Promise<ApiServer> {
  const { storage, clock, random, log, tokenFileText, serviceAccountKeys, auditPolicyText, auditSink, ...settings } = options
  const issuer = settings.serviceAccountIssuer ?? 'https://kubernetes.default.svc.cluster.local'
  const audiences = settings.apiAudiences === undefined || settings.apiAudiences.length === 0 ? [issuer] : settings.apiAudiences
  const tokens = serviceAccountTokens({
    issuers: [issuer],
    audiences,
    ...(settings.serviceAccountSigningKey === undefined ? {} : { signingKey: settings.serviceAccountSigningKey }),
    ...(serviceAccountKeys === undefined ? {} : { verificationKeys: serviceAccountKeys }),
    clock,
    random,
  })
  const authentication = (context: ServerContext) => ({
    clock,
    read: context.read,
    noteUse: noteUse(context),
    serviceAccountTokens: tokens,
    bootstrapTokens: true,
    ...(tokenFileText === undefined ? {} : { tokenFileText }),
    ...(options.requestHeader === undefined ? {} : { requestHeader: options.requestHeader }),
  })
  const audit =
    auditPolicyText === undefined || auditSink === undefined
      ? undefined
      : auditLog((await import('./audit/policy.ts')).auditPolicy(auditPolicyText), auditSink, () => clock.now())
  const { kubelet = {}, enableMetricsApi = true } = options
  const usual = enableMetricsApi ? builtinKinds : builtinKinds.filter(({ group }) => group !== 'metrics.k8s.io')
  const kinds = [...usual, ...enabledKinds(optionalKinds, options.runtimeConfig ?? {})]
  const metrics = apiServerMetrics(clock.now() / 1000)
  let bootstrapped = false
  const started: HealthCheck = {
    name: 'poststarthook/bootstrap-controller',
    check: () => {
      if (!bootstrapped) throw new Error('the objects that every cluster has are not there yet')
    },
  }
  const server = await createServer(
    { anonymousAuth: false, ...settings },
    {
      storage,
      kinds,
      clock,
      random,
      log,
      routes: [
        ...healthRoutes([started]),
        versionRoute(),
        metricsRoute(metrics),
        ...discoveryRoutes(),
        ...openApiRoutes(new Set(builtinKinds)),
      ],
      subresources: (context) => [
        ...subresources({ tokens, askToken: tokenAuthenticator(authentication(context)), kubelet, noteUse: noteUse(context) }),
        ...metricsApi(kubelet),
      ],
      hooks: (context) => [
        serviceAllocator({
          clusterIpRanges: context.options.serviceClusterIpRange,
          nodePortRange: context.options.serviceNodePortRange,
          random,
          read: context.read,
          deleteEndpoints: (namespace, name) => deleteEndpoints(context, namespace, name),
        }),
      ],
      observe: ({ info, longRunning }) => metrics.begin(info, longRunning),
      authenticators: (context) => authenticationChain(authentication(context)),
      flowControl: (context) => limits(context, options),
      aggregation: (context) => aggregation(context, options.aggregation),
      ...(audit === undefined ? {} : { audit }),
      admission: (context) =>
        admissionChain(
          { enabled: settings.enableAdmissionPlugins ?? [], disabled: settings.disableAdmissionPlugins ?? [] },
          { clock, random, book: bookUsage(storage), createNamespace: (name) => ensureNamespace(context, name), server: context },
        ),
    },
  )
  return {
    ...server,
    listen: async () => {
      const url = await server.listen()
      await bootstrap(server.context, { port: Number(new URL(url).port), ...authenticationTrust(options) })
      await ensureTracking(server.context)
      await server.context.aggregation?.start()
      bootstrapped = true
      return url
    },
    close: async () => {
      await server.close()
      metrics.close()
      await audit?.close()
    },
  }
}

/** What extension API servers must know to believe this server and its clients. */
function authenticationTrust({ tls, requestHeader }: RunOptions): Pick<BootstrapOptions, 'clientCa' | 'requestHeader'> {
  const { clientCa, requestHeaderCa: ca } = tls ?? {}
  return {
    ...(clientCa === undefined ? {} : { clientCa }),
    ...(ca === undefined ? {} : { requestHeader: { ...(requestHeader ?? requestHeaderDefaults), ca } }),
  }
}

function limits(context: ServerContext, options: RunOptions): FlowControl {
  const { enablePriorityAndFairness = true, maxRequestsInflight = 400, maxMutatingRequestsInflight = 200 } = options
  const all = maxRequestsInflight + maxMutatingRequestsInflight
  if (enablePriorityAndFairness && all > 0) return flowControl(context, all)
  return inFlightLimit(maxRequestsInflight, maxMutatingRequestsInflight)
}
