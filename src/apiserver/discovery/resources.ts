// The resources of the registry as discovery tells them: groups, versions, and for each resource its verbs and subresources. Pure.
import { createHash } from 'node:crypto'
import { qualifiedResource } from '../../apimachinery/api-error.ts'
import { type Kind, type Registry, type Resolved, subresourcesIn } from '../../apimachinery/kind.ts'
import { compareVersions, groupPriority, versionPriority } from './priorities.ts'

export interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

export interface DiscoveredSubresource {
  name: string
  /** What requests and answers are; differs from the parent for scale, eviction, exec … */
  responseKind: GroupVersionKind
  verbs: string[]
}

export interface DiscoveredResource {
  kind: Kind
  responseKind: GroupVersionKind
  verbs: string[]
  /** Absent for what is not stored. */
  storageVersionHash?: string
  subresources: DiscoveredSubresource[]
}

/** A resource as the aggregated document tells it. */
export interface AggregatedResource {
  resource: string
  responseKind: GroupVersionKind
  scope: 'Namespaced' | 'Cluster'
  singularResource: string
  verbs: readonly string[]
  shortNames?: readonly string[]
  categories?: readonly string[]
  subresources?: { subresource: string; responseKind: GroupVersionKind; verbs: readonly string[] }[]
}

/** A group version that another server serves; what it says of itself, and whether that may be outdated. */
export interface RemoteVersion {
  group: string
  version: string
  groupPriority: number
  versionPriority: number
  resources: readonly AggregatedResource[]
  stale: boolean
}

export interface DiscoveredVersion {
  version: string
  resources: DiscoveredResource[]
  /** Set when another server serves it; `resources` is empty then. */
  remote?: RemoteVersion
}

export interface DiscoveredGroup {
  name: string
  /** The first is preferred. */
  versions: DiscoveredVersion[]
}

interface SubresourceFacts {
  verbs: readonly string[]
  /** Absent: the parent's kind. */
  kind?: string
  /** Absent: the parent's group and version. */
  gv?: { group: string; version: string }
}

const object = ['get', 'patch', 'update']
const stream = ['create', 'get']
const proxy = ['create', 'delete', 'get', 'patch', 'update']

/** By qualified resource and subresource, else by subresource alone. */
const facts: Readonly<Record<string, SubresourceFacts>> = {
  scale: { verbs: object, kind: 'Scale', gv: { group: 'autoscaling', version: 'v1' } },
  'pods/attach': { verbs: stream, kind: 'PodAttachOptions' },
  'pods/binding': { verbs: ['create'], kind: 'Binding' },
  'pods/eviction': { verbs: ['create'], kind: 'Eviction', gv: { group: 'policy', version: 'v1' } },
  'pods/exec': { verbs: stream, kind: 'PodExecOptions' },
  'pods/log': { verbs: ['get'] },
  'pods/portforward': { verbs: stream, kind: 'PodPortForwardOptions' },
  'pods/proxy': { verbs: proxy, kind: 'PodProxyOptions' },
  'services/proxy': { verbs: proxy, kind: 'ServiceProxyOptions' },
  'nodes/proxy': { verbs: proxy, kind: 'NodeProxyOptions' },
  'namespaces/finalize': { verbs: ['update'] },
  'serviceaccounts/token': { verbs: ['create'], kind: 'TokenRequest', gv: { group: 'authentication.k8s.io', version: 'v1' } },
}
const ordinary: SubresourceFacts = { verbs: object }

/** All groups in upstream's order: by priority, then by name. What another server serves takes the place of what this one would. */
export function discoveredGroups(registry: Registry, remotes: readonly RemoteVersion[] = []): DiscoveredGroup[] {
  const groups = new Map<string, Map<string, DiscoveredVersion>>()
  const versionsOf = (group: string) => {
    let versions = groups.get(group)
    if (versions === undefined) groups.set(group, (versions = new Map()))
    return versions
  }
  for (const remote of remotes) versionsOf(remote.group).set(remote.version, { version: remote.version, resources: [], remote })
  for (const resolved of registry.resolved()) {
    const { group, version } = resolved
    const known = versionsOf(group).get(version)
    if (known?.remote !== undefined) continue
    if (known === undefined) versionsOf(group).set(version, { version, resources: [resourceOf(resolved)] })
    else known.resources.push(resourceOf(resolved))
  }
  return [...groups]
    .map(([name, versions]) => ({
      name,
      versions: sorted(name, [...versions.values()]),
      priority: priorityOf(name, [...versions.values()]),
    }))
    .sort((a, b) => b.priority - a.priority || compare(a.name, b.name))
    .map(({ name, versions }) => ({ name, versions }))
}

function priorityOf(group: string, versions: readonly DiscoveredVersion[]): number {
  return Math.max(...versions.map(({ remote }) => remote?.groupPriority ?? groupPriority(group)))
}

function sorted(group: string, versions: DiscoveredVersion[]): DiscoveredVersion[] {
  for (const { resources } of versions) resources.sort((a, b) => compare(a.kind.resource, b.kind.resource))
  const priority = ({ version, remote }: DiscoveredVersion) => remote?.versionPriority ?? versionPriority(group, version)
  return versions.sort((a, b) => priority(b) - priority(a) || compareVersions(a.version, b.version))
}

function resourceOf(resolved: Resolved): DiscoveredResource {
  const { kind, group, version } = resolved
  const responseKind = { group, version, kind: kind.kind }
  const { status, scale, others = [] } = subresourcesIn(resolved)
  const names = [...others, ...(status === true ? ['status'] : []), ...(scale === undefined ? [] : ['scale'])].sort(compare)
  const stored = kind.ephemeral !== true && kind.verbs.includes('create')
  return {
    kind,
    responseKind,
    verbs: [...kind.verbs].sort(),
    ...(stored ? { storageVersionHash: storageVersionHash(kind) } : {}),
    subresources: names.map((name) => subresourceOf(resolved, name)),
  }
}

function subresourceOf({ kind, group, version }: Resolved, name: string): DiscoveredSubresource {
  const own = `${qualifiedResource({ group, resource: kind.resource })}/${name}`
  const {
    verbs,
    kind: word = kind.kind,
    gv,
  } = Object.hasOwn(facts, own) ? facts[own]! : Object.hasOwn(facts, name) ? facts[name]! : ordinary
  return { name, responseKind: { group: gv?.group ?? group, version: gv?.version ?? version, kind: word }, verbs: [...verbs] }
}

/** Says whether two servers store a resource alike: 8 bytes of a hash of the stored version. */
export function storageVersionHash({ group, version, kind }: GroupVersionKind): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
