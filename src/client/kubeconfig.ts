// kubeconfig: reading one context of it, writing one, and merging a context into another file. Pure: texts in, texts out.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
import { parse, stringify } from 'yaml'
import { z } from 'zod'

const clusterSchema = z.looseObject({
  server: z.string(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
})
const userSchema = z.looseObject({
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  token: z.string().optional(),
  tokenFile: z.string().optional(),
})
const contextSchema = z.looseObject({ cluster: z.string(), user: z.string().default(''), namespace: z.string().optional() })
const configSchema = z.looseObject({
  apiVersion: z.literal('v1').default('v1'),
  kind: z.literal('Config').default('Config'),
  clusters: z.array(z.looseObject({ name: z.string(), cluster: clusterSchema })).nullish(),
  users: z.array(z.looseObject({ name: z.string(), user: userSchema.nullish() })).nullish(),
  contexts: z.array(z.looseObject({ name: z.string(), context: contextSchema })).nullish(),
  'current-context': z.string().nullish(),
})

type Config = z.infer<typeof configSchema>

/** What a client needs of a context. PEM texts; `files` are paths the caller must read. */
export interface ClusterAccess {
  server: string
  namespace: string | undefined
  ca?: string
  cert?: string
  key?: string
  token?: string
  insecureSkipTlsVerify: boolean
  serverName?: string
  files: { ca?: string; cert?: string; key?: string; token?: string }
}

/** Parses a kubeconfig; throws an Error that says what is wrong and where. */
export function parseKubeconfig(text: string): Config {
  const parsed = configSchema.safeParse(parse(text) ?? {})
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Error(`invalid kubeconfig: ${issue?.path.join('.')}: ${issue?.message}`)
}

/** The access of one context (default: the current one). Throws when a name leads nowhere. */
export function clusterAccess(config: Config, contextName?: string): ClusterAccess {
  const name = contextName ?? config['current-context'] ?? ''
  const context = config.contexts?.find((entry) => entry.name === name)?.context
  if (context === undefined)
    throw new Error(name === '' ? 'kubeconfig has no current-context' : `context ${JSON.stringify(name)} does not exist`)
  const cluster = config.clusters?.find((entry) => entry.name === context.cluster)?.cluster
  if (cluster === undefined) throw new Error(`cluster ${JSON.stringify(context.cluster)} does not exist`)
  const user = config.users?.find((entry) => entry.name === context.user)?.user ?? {}
  return {
    server: cluster.server,
    namespace: context.namespace,
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] === true,
    ...optional('serverName', cluster['tls-server-name']),
    ...optional('ca', decoded(cluster['certificate-authority-data'])),
    ...optional('cert', decoded(user['client-certificate-data'])),
    ...optional('key', decoded(user['client-key-data'])),
    ...optional('token', user.token),
    files: {
      ...optional('ca', cluster['certificate-authority']),
      ...optional('cert', user['client-certificate']),
      ...optional('key', user['client-key']),
      ...optional('token', user.tokenFile),
    },
  }
}

export interface KubeconfigContent {
  /** Name of cluster, context and (with the user's name) user. */
  name: string
  userName: string
  server: string
  /** PEM texts. */
  ca?: string
  cert?: string
  key?: string
  token?: string
}

/** A kubeconfig with one context, which is the current one. */
export function kubeconfigText(content: KubeconfigContent): string {
  return stringify(kubeconfigOf(content))
}

/** `existing` with the context added or replaced and made current; everything else is kept. */
export function mergeKubeconfig(existing: string, content: KubeconfigContent): string {
  const config = parseKubeconfig(existing)
  const added = kubeconfigOf(content)
  return stringify({
    ...config,
    clusters: replaced(config.clusters, added.clusters),
    users: replaced(config.users, added.users),
    contexts: replaced(config.contexts, added.contexts),
    'current-context': content.name,
  })
}

function kubeconfigOf(content: KubeconfigContent) {
  const user = `${content.userName}@${content.name}`
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: content.name, cluster: { server: content.server, ...optional('certificate-authority-data', encoded(content.ca)) } }],
    users: [
      {
        name: user,
        user: {
          ...optional('client-certificate-data', encoded(content.cert)),
          ...optional('client-key-data', encoded(content.key)),
          ...optional('token', content.token),
        },
      },
    ],
    contexts: [{ name: content.name, context: { cluster: content.name, user } }],
    'current-context': content.name,
  }
}

function replaced<T extends { name: string }>(
  existing: readonly T[] | null | undefined,
  added: readonly { name: string }[],
): { name: string }[] {
  const names = new Set(added.map((entry) => entry.name))
  return [...(existing ?? []).filter((entry) => !names.has(entry.name)), ...added]
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V }
}

function decoded(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8')
}

function encoded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'utf8').toString('base64')
}
