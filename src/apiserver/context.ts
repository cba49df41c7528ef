// What the parts of the API server hand to one another: the server they run in, the request they serve, the answer they give.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { Clock, Random } from '../apimachinery/clock.ts'
import type { Registry, Resolved } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Storage } from '../storage/storage.ts'
import type { AdmissionPlugin, Reader } from './admission/plugin.ts'
import type { Aggregation } from './aggregation/index.ts'
import type { StoreHook } from './allocators/store-hook.ts'
import type { Audit } from './audit/audit.ts'
import type { AuditRecord } from './audit/record.ts'
import type { Authenticator, Credentials, User } from './authentication/user.ts'
import type { Entry } from './codec.ts'
import type { FlowControl } from './flow-control/flow-control.ts'
import type { RequestInfo } from './request-info.ts'
import type { WatchCache } from './watch-cache.ts'
import type { WebhookClient } from './webhook/client.ts'

/** Settings of one API server; every one has a default (component.ts). Names follow upstream's flags. */
export interface ServerOptions {
  bindAddress: string
  /** 0: any free port. */
  securePort: number
  /** Absent: plain HTTP. `clientCa` asks clients for certificates, `requestHeaderCa` knows the proxies before this server (PEM). */
  tls?: { cert: string; key: string; clientCa?: string; requestHeaderCa?: string }
  /** Where clients in the cluster reach this server; default the bind address. */
  advertiseAddress: string
  serviceClusterIpRange: readonly string[]
  serviceNodePortRange: { from: number; to: number }
  anonymousAuth: boolean
  enableAdmissionPlugins: readonly string[]
  disableAdmissionPlugins: readonly string[]
  serviceAccountIssuer: string
  apiAudiences: readonly string[]
  /** PEM private key that signs service account tokens. */
  serviceAccountSigningKey?: string
  /** Serves the old versions that KindSpec.served marks `legacy`. */
  legacyApis: boolean
  /** Bounds of the random length of a watch that names no timeoutSeconds: this, up to twice this. */
  minRequestTimeoutSeconds: number
  /** Time limit of requests that are not long-running; the parameter `timeout` may ask for less. */
  requestTimeoutMs: number
  maxRequestBodyBytes: number
  /** How long requests are still served after /readyz has begun to fail. */
  shutdownDelayMs: number
}

/** Everything a request handler may reach. One per server. */
export interface ServerContext {
  registry: Registry
  storage: Storage
  cache: WatchCache
  /** The cache, as admission plugins see it. */
  read: Reader
  clock: Clock
  random: Random
  log: Logger
  options: ServerOptions
  /** In order; mutating plugins and validating ones alike. */
  admission: readonly AdmissionPlugin[]
  /** Asked in order; the first User wins, none means system:anonymous (or 401). */
  authenticators: readonly Authenticator[]
  /** Calls conversion and admission webhooks. */
  webhooks: WebhookClient
  /** The verified client certificates of a request's connection. */
  certificatesOf: (raw: IncomingMessage) => Pick<Credentials, 'certificate' | 'proxyCertificate'>
  /** Absent: everything is allowed. */
  authorize?: (attributes: AuthorizationAttributes, read: Reader) => Decision | Promise<Decision>
  /** Parts of the server that join the writes of a kind (cluster IPs and node ports of Services). */
  hooks: readonly StoreHook[]
  subresources: readonly Subresource[]
  routes: readonly Route[]
  /** Told of every request as it begins (metrics, audit); what it returns is told of the end. */
  observe?: (begun: BegunRequest) => (served: ServedRequest) => void
  /** Absent: nothing is audited. */
  audit?: Audit
  /** Absent: this server serves everything itself. */
  aggregation?: Aggregation
  /** Absent: requests are not limited. */
  flowControl?: FlowControl
  /** Aborts when a shutdown has been asked for: /readyz fails, everything is still served. */
  leaving: AbortSignal
  /** Aborts when the server takes no more requests and ends its watches. */
  signal: AbortSignal
}

/** What is known of a request before it is authenticated. */
export interface BegunRequest {
  info: RequestInfo
  auditId: string
  /** Watches, logs, exec …: their duration says nothing. */
  longRunning: boolean
}

/** What is known of a request when its answer has been sent. */
export interface ServedRequest {
  user: User
  code: number
  seconds: number
  dryRun: boolean
}

/** What an authorizer decides on. */
export interface AuthorizationAttributes {
  user: User
  info: RequestInfo
}

export interface Decision {
  allowed: boolean
  /** Why, for the message of the 403. */
  reason?: string
}

/** How the client wants the answer: chosen from Accept by negotiate.ts. */
export interface View {
  encoding: 'json' | 'yaml'
  /** Absent: the object itself. */
  as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  /** meta.k8s.io version of `as`. */
  asVersion?: 'v1' | 'v1beta1'
  pretty: boolean
  /** Content-Type of the answer. */
  contentType: string
}

/** One request on its way. */
export interface RequestContext {
  info: RequestInfo
  method: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  query: URLSearchParams
  /** Raw bytes, at most maxRequestBodyBytes; empty when there is none. */
  body: Buffer
  user: User
  /** The kind and version that the URL names; absent for non-resource paths. */
  resolved: Resolved | undefined
  view: View
  /** Texts for Warning headers; whoever serves the request may add. */
  warnings: string[]
  /** Aborts when the client has gone or the server shuts down. */
  signal: AbortSignal
  /** The Audit-Id header of request and answer. */
  auditId: string
  /** Milliseconds since the epoch at which the request arrived. */
  receivedAt: number
  /** Absent: this request is not audited. */
  audit?: AuditRecord
  /** A watch calls it when it has sent its state: from then on it costs the server little. */
  initialized?: () => void
  /** For handlers that take the connection over (exec, port-forward, proxy); they return {type: 'hijacked'}. */
  connection: Connection
}

export interface Connection {
  request: IncomingMessage
  response: ServerResponse
  /** Present when the client asked for a protocol upgrade; nothing has been written to the socket yet. */
  upgrade?: { socket: Duplex; head: Buffer }
}

/** What a handler gives back; respond.ts writes it. Refusals are thrown as ApiError. */
export type Answer =
  /** An API object in the version that it names; rendered as `request.view` asks. Default code 200. */
  | { type: 'object'; object: KubeObject; code?: number }
  /** A stored object, in the version that `resolved` names: its bytes are sent as they are. Default code 200. */
  | { type: 'entry'; resolved: Resolved; entry: Entry; code?: number }
  /** Finished bytes. */
  | { type: 'raw'; body: Buffer | string; contentType: string; code?: number; headers?: Record<string, string> }
  /** Bytes as they come, flushed at once and never compressed (logs, watches). */
  | { type: 'stream'; body: AsyncIterable<Uint8Array>; contentType: string; code?: number; headers?: Record<string, string> }
  /** The handler has answered on `request.connection` itself. */
  | { type: 'hijacked' }

/**
 * A path below an object: `pods/x/binding`. Serves every verb in `verbs` (as request-info names them: create, get, update, patch, delete; connect
 * subresources such as exec get `create` and `get` by method). `kinds` lists qualified resources ("pods", "deployments.apps"); absent: every kind
 * whose spec names the subresource. `status` is generic and needs no entry. The name '' means the collection itself: it takes the place of the
 * generic verbs, for kinds that are answered and not stored (TokenReview: create) or computed (ComponentStatus: get, list).
 */
export interface Subresource {
  name: string
  kinds?: readonly string[]
  verbs: readonly string[]
  /** More path words may follow the name (proxy). */
  takesPath?: true
  handle: (request: RequestContext, server: ServerContext) => Promise<Answer>
}

/** A path that is no resource: discovery, /version, /healthz … `path` is exact, or a pattern over the whole path. The first match wins. */
export interface Route {
  path: string | RegExp
  /** Default GET (and HEAD). */
  methods?: readonly string[]
  handle: (request: RequestContext, server: ServerContext) => Promise<Answer> | Answer
}
