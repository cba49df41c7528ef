// Discovery documents: the plain ones that every client knows, and the aggregated one in its two versions. Pure.
import { apiVersionOf } from '../../apimachinery/meta.ts'
import type { AggregatedResource, DiscoveredGroup, DiscoveredResource, DiscoveredVersion, GroupVersionKind } from './resources.ts'

/** `/api`. */
export function apiVersions(versions: readonly string[], serverAddress: string) {
  return { kind: 'APIVersions', versions, serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] }
}

/** `/apis`. */
export function apiGroupList(groups: readonly DiscoveredGroup[]) {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupFields) }
}

/** `/apis/G`. */
export function apiGroup(group: DiscoveredGroup) {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupFields(group) }
}

function groupFields({ name, versions }: DiscoveredGroup) {
  const named = versions.map(({ version }) => ({ groupVersion: apiVersionOf(name, version), version }))
  return { name, versions: named, preferredVersion: named[0] }
}

/** `/api/v1`, `/apis/G/V`. */
export function apiResourceList(group: string, { version, resources }: DiscoveredVersion) {
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(group, version),
    resources: resources.flatMap((resource) => plainResources(group, version, resource)),
  }
}

function plainResources(group: string, version: string, { kind, verbs, storageVersionHash, subresources }: DiscoveredResource) {
  const namespaced = kind.scope === 'Namespaced'
  return [
    {
      name: kind.resource,
      singularName: kind.singular,
      namespaced,
      kind: kind.kind,
      verbs,
      ...(kind.shortNames === undefined || kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(kind.categories === undefined || kind.categories.length === 0 ? {} : { categories: kind.categories }),
      ...(storageVersionHash === undefined ? {} : { storageVersionHash }),
    },
    ...subresources.map(({ name, responseKind, verbs: own }) => ({
      name: `${kind.resource}/${name}`,
      singularName: '',
      namespaced,
      ...(responseKind.group === group && responseKind.version === version
        ? {}
        : { group: responseKind.group, version: responseKind.version }),
      kind: responseKind.kind,
      verbs: own,
    })),
  ]
}

/** The aggregated document of `/api` or `/apis`. */
export function aggregatedDiscovery(version: 'v2' | 'v2beta1', groups: readonly DiscoveredGroup[]) {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
      versions: versions.map(({ version: own, resources: local, remote }) => {
        const resources = remote?.resources ?? local.map(aggregatedResource)
        return { version: own, ...(resources.length === 0 ? {} : { resources }), freshness: remote?.stale === true ? 'Stale' : 'Current' }
      }),
    })),
  }
}

function aggregatedResource({ kind, responseKind, verbs, subresources }: DiscoveredResource): AggregatedResource {
  return {
    resource: kind.resource,
    responseKind: gvk(responseKind),
    scope: kind.scope === 'Namespaced' ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs,
    ...(kind.shortNames === undefined || kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories === undefined || kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map(({ name, responseKind: own, verbs: allowed }) => ({
            subresource: name,
            responseKind: gvk(
              kind.custom === true || own.group !== responseKind.group || own.version !== responseKind.version ? own : unnamed(own),
            ),
            verbs: allowed,
          })),
        }),
  }
}

/** Built-in subresources do not repeat the group and version of their parent. */
function unnamed({ kind }: GroupVersionKind): GroupVersionKind {
  return { group: '', version: '', kind }
}

function gvk({ group, version, kind }: GroupVersionKind) {
  return { group, version, kind }
}
