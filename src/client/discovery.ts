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

/**
 * The preferred version of every resource (no subresources). A group that cannot be read is named in `failed`, so that nobody takes its
 * resources for absent.
 */
export async function discoverKinds(client: Client, signal?: AbortSignal): Promise<{ kinds: Kind[]; failed: string[] }> {
  const options = signal === undefined ? {} : { signal }
  const groups = (await client.raw('GET', '/apis', options)) as ApiGroupList
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
