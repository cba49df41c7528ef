// kubeconfig: reading one context of it, writing one, and merging a context into another file. Pure: texts in, texts out.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
import { parse, stringify } from 'yaml'

type Words = 'server' | 'certificate-authority' | 'certificate-authority-data' | 'tls-server-name'
type UserWords = 'client-certificate' | 'client-certificate-data' | 'client-key' | 'client-key-data' | 'token' | 'tokenFile'

/** What is read of a kubeconfig; the rest of it is kept as it is. */
interface Config {
  apiVersion?: string
  kind?: string
  clusters?: { name: string; cluster: { [W in Words]?: string } & { server: string; 'insecure-skip-tls-verify'?: boolean } }[] | null
  users?: { name: string; user?: { [W in UserWords]?: string } | null }[] | null
  contexts?: { name: string; context: { cluster: string; user?: string; namespace?: string } }[] | null
  'current-context'?: string | null
}

type Rule = (value: unknown, path: string) => void

// checked by hand: a schema library would cost every worker 13 MB for this one file
const fail = (path: string, message: string): never => {
  throw new Error(`invalid kubeconfig: ${path}: ${message}`)
}
const string: Rule = (value, path) => {
  if (typeof value !== 'string') fail(path, `expected string, received ${typeName(value)}`)
}
const boolean: Rule = (value, path) => {
  if (typeof value !== 'boolean') fail(path, `expected boolean, received ${typeName(value)}`)
}
const literal =
  (word: string): Rule =>
  (value, path) => {
    if (value !== word) fail(path, `expected ${JSON.stringify(word)}`)
  }
const optionalOf =
  (rule: Rule): Rule =>
  (value, path) => {
    if (value !== undefined) rule(value, path)
  }
const nullishOf =
  (rule: Rule): Rule =>
  (value, path) => {
    if (value !== undefined && value !== null) rule(value, path)
  }
const listOf =
  (rule: Rule): Rule =>
  (value, path) => {
    if (!Array.isArray(value)) return fail(path, `expected array, received ${typeName(value)}`)
    for (const [i, item] of value.entries()) rule(item, `${path}.${i}`)
  }
const objectOf =
  (rules: Readonly<Record<string, Rule>>): Rule =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return fail(path, `expected object, received ${typeName(value)}`)
    const object = value as Record<string, unknown>
    const at = path === '' ? '' : `${path}.`
    for (const [name, rule] of Object.entries(rules)) rule(Object.hasOwn(object, name) ? object[name] : undefined, at + name)
  }
const strings = (...names: readonly (Words | UserWords)[]) => Object.fromEntries(names.map((name) => [name, optionalOf(string)]))

const clusterRule = objectOf({
  ...strings('certificate-authority', 'certificate-authority-data', 'tls-server-name'),
  server: string,
  'insecure-skip-tls-verify': optionalOf(boolean),
})
const userRule = objectOf(strings('client-certificate', 'client-certificate-data', 'client-key', 'client-key-data', 'token', 'tokenFile'))
const contextRule = objectOf({ cluster: string, user: optionalOf(string), namespace: optionalOf(string) })
const configRule = objectOf({
  apiVersion: optionalOf(literal('v1')),
  kind: optionalOf(literal('Config')),
  clusters: nullishOf(listOf(objectOf({ name: string, cluster: clusterRule }))),
  users: nullishOf(listOf(objectOf({ name: string, user: nullishOf(userRule) }))),
  contexts: nullishOf(listOf(objectOf({ name: string, context: contextRule }))),
  'current-context': nullishOf(string),
})

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

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
  const given: unknown = parse(text) ?? {}
  configRule(given, '')
  // a file without them means these
  return { apiVersion: 'v1', kind: 'Config', ...(given as Config) }
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
