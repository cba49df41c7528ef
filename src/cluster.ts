// startCluster(): every component of a cluster in one process, for tests and for programs. The same functions that `k8ts up` runs as
// processes, over the same API; only the way requests travel is shorter. The package's main export.
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { controllers } from '../controllers/index.ts'
import type { Clock, Random } from './apimachinery/clock.ts'
import { requestHeaderDefaults } from './apiserver/authentication/request-header.ts'
import type { ApiServer } from './apiserver/component.ts'
import type { ServerOptions } from './apiserver/context.ts'
import { openApiServer } from './apiserver/run.ts'
import { accountTokenPort } from './cli/account-token.ts'
import { certificatesPort } from './cli/certificate-signer.ts'
import { kubeletFlags, kubeletOptions } from './cli/commands/kubelet.ts'
import { ensureDefaultStorageClass } from './cli/default-storage-class.ts'
import { parseFlags } from './cli/flags.ts'
import { hostAddress } from './cli/host-address.ts'
import type { Client } from './client/client.ts'
import { kubeconfigText } from './client/kubeconfig.ts'
import { createClient } from './client/rest.ts'
import type { Transport } from './client/transport.ts'
import type { Component } from './component.ts'
import { runControllerManager } from './controller/manager.ts'
import { openPorts } from './controller/open-ports.ts'
import { runKubeProxy } from './kube-proxy/kube-proxy.ts'
import { runKubelet } from './kubelet/kubelet.ts'
import { createCertificateAuthority, issueCertificate } from './pki/certificate.ts'
import { generateKeyPair, privateKeyPem } from './pki/keys.ts'
import { runScheduler } from './scheduler/scheduler.ts'
import { openEmbedded } from './storage/embedded/embedded.ts'

export interface ClusterOptions {
  /** Where the store lives; absent: in memory, gone at the end. */
  dataDir?: string
  /** HTTPS port of the API server; 0 (default) takes any free one. */
  port?: number
  /** Hollow nodes. Default 1. */
  nodes?: number
  /** Settings of the API server over the defaults. */
  apiserver?: Partial<ServerOptions>
  /** Create the default StorageClass "standard" in a cluster that has no class. Default true. */
  defaultStorageClass?: boolean
  /** Words of upstream's --controllers. Default all. */
  controllers?: readonly string[]
  /** Default: warnings and errors to standard error. */
  log?: Logger
  clock?: Clock
  random?: Random
}

export interface Cluster {
  /** https://127.0.0.1:<port> */
  url: string
  /** An administrator's kubeconfig. */
  kubeconfig: string
  /** A client with all rights, without a socket between. */
  client: Client
  /** The API server's parts, for tests that look inside. */
  server: ApiServer
  /** Ends every component; resolves when nothing is left running. */
  stop(): Promise<void>
}

const clusterCidr = '10.244.0.0/16'
const dayMs = 86_400_000

const wallClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, 2_147_483_647))
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Starts a cluster; resolves when the API server serves and every component does its work. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { clock = wallClock, random = Math.random, log = pino({ level: 'warn' }, pino.destination(2)) } = options
  const identity = credentials(clock.now())
  if (options.dataDir !== undefined) mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  const storage = await openEmbedded({ path: options.dataDir === undefined ? undefined : join(options.dataDir, 'store'), clock })
  const server = await openApiServer({
    bindAddress: '127.0.0.1',
    advertiseAddress: hostAddress(),
    securePort: options.port ?? 0,
    tls: {
      cert: identity.server.certificatePem,
      key: identity.server.privateKeyPem,
      clientCa: identity.ca,
      requestHeaderCa: identity.frontProxyCa,
    },
    requestHeader: { ...requestHeaderDefaults, allowedNames: [identity.frontProxyName] },
    aggregation: { proxyClient: { cert: identity.frontProxy.certificatePem, key: identity.frontProxy.privateKeyPem } },
    serviceAccountSigningKey: identity.serviceAccountKey,
    ...options.apiserver,
    storage,
    clock,
    random,
    log,
    kubelet: { ...kubeletAccess(identity), preferredAddressTypes: ['InternalDNS', 'InternalIP', 'Hostname'] },
    tokenFileText: `${identity.token},system:admin,system:admin,"system:masters"\n`,
  })
  const url = (await server.listen()).replace('0.0.0.0', '127.0.0.1')
  const transport = inProcess(server)
  const clientOf = (userAgent: string) => createClient({ transport, userAgent, clock, token: identity.token })
  const stopping = new AbortController()
  const running: Promise<void>[] = []
  const start = <O>(name: string, component: Component<O>, settings: O): Promise<void> =>
    new Promise((ready, fail) => {
      const context = { client: clientOf(name), clock, random, log: log.child({ component: name }), signal: stopping.signal, ready }
      const run = component(settings, context).catch((err) => {
        if (!stopping.signal.aborted) log.error({ err, component: name }, 'component failed')
        fail(err)
      })
      running.push(run)
    })
  const stop = async (): Promise<void> => {
    stopping.abort(new Error('the cluster stops'))
    await Promise.allSettled(running)
    await server.close()
    await storage.close()
  }
  try {
    await Promise.all(components(options, identity, start))
    if (options.defaultStorageClass !== false) await ensureDefaultStorageClass(clientOf('k8ts'))
  } catch (error) {
    await stop()
    throw error
  }
  const { certificatePem: cert, privateKeyPem: key } = identity.admin
  return {
    url,
    kubeconfig: kubeconfigText({ name: 'k8ts', userName: 'admin', server: url, ca: identity.ca, cert, key }),
    client: clientOf('k8ts'),
    server,
    stop,
  }
}

function components(
  options: ClusterOptions,
  identity: ReturnType<typeof credentials>,
  start: <O>(name: string, component: Component<O>, settings: O) => Promise<void>,
): Promise<void>[] {
  const nodes = options.nodes ?? 1
  const manager = start('kube-controller-manager', runControllerManager, {
    available: controllers,
    controllers: options.controllers ?? ['*'],
    leaderElect: false,
    identity: 'in-process',
    settings: {
      'node-ipam': { clusterCidr },
      'root-ca-certificate-publisher': { rootCa: identity.ca },
      'service-lb': { pool: '10.240.0.0/24' },
      'serviceaccount-token': { rootCa: identity.ca },
    },
    ports: { accountToken: accountTokenPort(identity.serviceAccountKey), certificates: certificatesPort(() => identity.authority) },
    openPorts,
  })
  const scheduler = start('kube-scheduler', runScheduler, { leaderElect: false, identity: 'in-process' })
  if (nodes === 0) return [manager, scheduler]
  const { values } = parseFlags(kubeletFlags, ['--hostname-override=node-1', `--nodes=${nodes}`, '--address=127.0.0.1'])
  const kubelet = kubeletOptions(values)
  const { certificatePem: cert, privateKeyPem: key } = identity.kubelet
  return [
    manager,
    scheduler,
    start('kubelet', runKubelet, { ...kubelet, server: { ...kubelet.server!, cert, key, clientCa: identity.ca } }),
    start('kube-proxy', runKubeProxy, { nodeName: 'node-1', families: ['IPv4', 'IPv6'], minSyncPeriodMs: 1000, clusterCidr }),
  ]
}

function credentials(now: number) {
  const validity = { notBefore: now - 60_000, notAfter: now + 365 * dayMs }
  const ca = createCertificateAuthority({ commonName: 'kubernetes', ...validity })
  const server = issueCertificate({
    ca,
    commonName: 'kube-apiserver',
    usages: ['server'],
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1', '10.96.0.1'],
    ...validity,
  })
  const admin = issueCertificate({ ca, commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client'], ...validity })
  const kubelet = issueCertificate({ ca, commonName: 'system:node:node-1', usages: ['server'], dnsNames: ['localhost'], ...validity })
  const kubeletClient = issueCertificate({
    ca,
    commonName: 'kube-apiserver-kubelet-client',
    organizations: ['system:masters'],
    usages: ['client'],
    ...validity,
  })
  const frontProxyCa = createCertificateAuthority({ commonName: 'front-proxy-ca', ...validity })
  const frontProxyName = 'front-proxy-client'
  const frontProxy = issueCertificate({ ca: frontProxyCa, commonName: frontProxyName, usages: ['client'], ...validity })
  return {
    authority: ca,
    ca: ca.certificatePem,
    frontProxyCa: frontProxyCa.certificatePem,
    frontProxyName,
    frontProxy,
    server,
    admin,
    kubelet,
    kubeletClient,
    token: randomUUID(),
    serviceAccountKey: privateKeyPem(generateKeyPair().privateKey),
  }
}

/** How the API server proves itself to kubelets. */
function kubeletAccess({ ca, kubeletClient }: ReturnType<typeof credentials>) {
  return { ca, cert: kubeletClient.certificatePem, key: kubeletClient.privateKeyPem }
}

/** Requests go straight into the server's handler. */
function inProcess({ fastify }: ApiServer): Transport {
  return async ({ method, path, headers, body, signal }) => {
    const response = await fastify.inject({
      method: method as 'GET',
      url: path,
      headers,
      payloadAsStream: true,
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : Buffer.from(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
    return { status: response.statusCode, headers: response.headers as Record<string, string>, body: response.stream() }
  }
}
