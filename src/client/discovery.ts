// What an API server serves, as kinds: for controllers that walk every resource (namespace, garbage-collector).
import { defineKind, type Kind, type Verb } from '../apimachinery/kind.ts'
import { splitApiVersion } from '../apimachinery/meta.ts'
import type { Client } from './client.ts'

interface ApiResource {
  name: string
  namespaced: boolean
  kind: string
  verbs: string[]
  group?: string
  version?: string
}

interface ApiResourceList {
  groupVersion: string
  resources: ApiResource[]
}

interface ApiGroupList {
  groups: { name: string; preferredVersion: { groupVersion: string }; versions: { groupVersion: string }[] }[]
}

/** apidiscovery.k8s.io/v2, as far as it is read here. */
interface Discovered {
  kind: 'APIGroupDiscoveryList'
  items: {
    metadata?: { name?: string }
    versions: {
      version: string
      freshness?: string
      resources?: { resource: string; responseKind?: { kind: string }; scope: string; verbs: string[] }[]
    }[]
  }[]
}

/** All at once where the server can (since 1.26); others answer this with the plain list of groups. */
const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'

/** What is found; a group that cannot be read is named in `failed` by its path, so that nobody takes its resources for absent. */
export interface DiscoveredKinds {
  kinds: Kind[]
  failed: string[]
}

/** The preferred version of every resource (no subresources). */
export async function discoverKinds(client: Client, signal?: AbortSignal): Promise<DiscoveredKinds> {
  const options = signal === undefined ? {} : { signal }
  const [groups, core] = (await Promise.all(['/apis', '/api'].map((path) => client.raw('GET', path, { ...options, accept })))) as [
    Discovered | ApiGroupList,
    Discovered | object,
  ]
  if (!('items' in groups)) return discoverByPath(client, groups, options)
  const found = new Map<string, Kind>()
  const failed: string[] = []
  for (const { metadata, versions } of [...('items' in core ? core.items : []), ...groups.items]) {
    const group = metadata?.name ?? ''
    for (const { version, freshness, resources = [] } of versions) {
      if (freshness === 'Stale') failed.push(group === '' ? `/api/${version}` : `/apis/${group}/${version}`)
      for (const { resource, responseKind, scope, verbs } of resources) {
        const key = `${group}/${resource}`
        if (found.has(key) || responseKind === undefined) continue
        const namespaced = scope === 'Namespaced'
        const kind = { group, version, kind: responseKind.kind, resource, verbs: verbs as Verb[] }
        found.set(key, defineKind({ ...kind, scope: namespaced ? 'Namespaced' : 'Cluster' }))
      }
    }
  }
  return { kinds: [...found.values()], failed }
}

async function discoverByPath(client: Client, groups: ApiGroupList, options: { signal?: AbortSignal }): Promise<DiscoveredKinds> {
  const kinds = new Map<string, Kind>()
  const failed: string[] = []
  const paths = [
    '/api/v1',
    ...groups.groups.flatMap(({ preferredVersion, versions }) => {
      const rest = versions.map(({ groupVersion }) => groupVersion).filter((groupVersion) => groupVersion !== preferredVersion.groupVersion)
      return [preferredVersion.groupVersion, ...rest].map((groupVersion) => `/apis/${groupVersion}`)
    }),
  ]
  const lists = await Promise.allSettled(paths.map((path) => client.raw('GET', path, options) as Promise<ApiResourceList>))
  lists.forEach((outcome, i) => {
    if (outcome.status === 'rejected') failed.push(paths[i]!)
    else
      for (const kind of kindsOf(outcome.value))
        if (!kinds.has(`${kind.group}/${kind.resource}`)) kinds.set(`${kind.group}/${kind.resource}`, kind)
  })
  return { kinds: [...kinds.values()], failed }
}

function kindsOf(list: ApiResourceList): Kind[] {
  const { group, version } = splitApiVersion(list.groupVersion)
  return list.resources
    .filter(({ name }) => !name.includes('/'))
    .map((resource) =>
      defineKind({
        group: resource.group ?? group,
        version: resource.version ?? version,
        kind: resource.kind,
        resource: resource.name,
        scope: resource.namespaced ? 'Namespaced' : 'Cluster',
        verbs: resource.verbs as Verb[],
      }),
    )
}
