// Discovery documents of other servers, read with care: only what has the right shape goes into this server's own. Pure.
import { z } from 'zod'
import type { AggregatedResource } from '../discovery/resources.ts'

const maxResources = 2_000
const word = z.string().max(253)
const words = z.array(word).max(64)

const ResponseKind = z.object({ group: word.default(''), version: word.default(''), kind: word.default('') })
const AggregatedSubresource = z.object({ subresource: word, responseKind: ResponseKind.nullish(), verbs: words.default([]) })
const Aggregated = z.object({
  resource: word,
  responseKind: ResponseKind.nullish(),
  scope: z.enum(['Namespaced', 'Cluster']).default('Cluster'),
  singularResource: word.default(''),
  verbs: words.default([]),
  shortNames: words.nullish(),
  categories: words.nullish(),
  subresources: z.array(AggregatedSubresource).max(100).nullish(),
})
const GroupDiscoveryList = z.object({
  kind: z.literal('APIGroupDiscoveryList'),
  items: z
    .array(
      z.object({
        metadata: z.object({ name: word.default('') }).default({ name: '' }),
        versions: z.array(z.object({ version: word, resources: z.array(Aggregated).max(maxResources).nullish() })).max(100),
      }),
    )
    .max(1_000),
})

const PlainResource = z.object({
  name: word,
  singularName: word.default(''),
  namespaced: z.boolean().default(false),
  group: word.nullish(),
  version: word.nullish(),
  kind: word,
  verbs: words.default([]),
  shortNames: words.nullish(),
  categories: words.nullish(),
})
const ResourceList = z.object({ kind: z.literal('APIResourceList'), resources: z.array(PlainResource).max(maxResources) })

const OpenApiIndex = z.object({ paths: z.record(z.string(), z.object({ serverRelativeURL: z.string().max(2_000) })) })

/** Resources by `group/version` of an aggregated document. Throws when it is none. */
export function aggregatedResources(text: string): Map<string, AggregatedResource[]> {
  const { items } = GroupDiscoveryList.parse(JSON.parse(text))
  const found = new Map<string, AggregatedResource[]>()
  for (const { metadata, versions } of items) {
    for (const { version, resources } of versions) found.set(`${metadata.name}/${version}`, (resources ?? []).map(aggregated))
  }
  return found
}

const nobody = { group: '', version: '', kind: '' }

function aggregated(resource: z.infer<typeof Aggregated>): AggregatedResource {
  const { shortNames, categories, subresources, responseKind, ...rest } = resource
  return {
    ...rest,
    responseKind: responseKind ?? nobody,
    ...lists(shortNames, categories),
    ...(subresources && subresources.length > 0
      ? { subresources: subresources.map((each) => ({ ...each, responseKind: each.responseKind ?? nobody })) }
      : {}),
  }
}

function lists(shortNames: string[] | null | undefined, categories: string[] | null | undefined) {
  return {
    ...(shortNames && shortNames.length > 0 ? { shortNames } : {}),
    ...(categories && categories.length > 0 ? { categories } : {}),
  }
}

/** The resources of a plain document of one group version, in aggregated form. Throws when it is none. */
export function plainResources(text: string, group: string, version: string): AggregatedResource[] {
  const { resources } = ResourceList.parse(JSON.parse(text))
  const parents = new Map<string, AggregatedResource>()
  const kindOf = (each: z.infer<typeof PlainResource>) => ({
    group: each.group || group,
    version: each.version || version,
    kind: each.kind,
  })
  for (const each of resources.filter(({ name }) => !name.includes('/'))) {
    parents.set(each.name, {
      resource: each.name,
      responseKind: kindOf(each),
      scope: each.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: each.singularName,
      verbs: each.verbs,
      ...lists(each.shortNames, each.categories),
    })
  }
  for (const each of resources.filter(({ name }) => name.includes('/'))) {
    const [parent = '', ...rest] = each.name.split('/')
    const scope = each.namespaced ? 'Namespaced' : 'Cluster'
    const known = parents.get(parent) ?? { resource: parent, responseKind: nobody, scope, singularResource: '', verbs: [] }
    known.subresources = [...(known.subresources ?? []), { subresource: rest.join('/'), responseKind: kindOf(each), verbs: each.verbs }]
    parents.set(parent, known)
  }
  return [...parents.values()]
}

/** The URLs of the documents that an OpenAPI v3 index names, by key. Throws when it is none. */
export function openApiIndex(text: string): Map<string, string> {
  const { paths } = OpenApiIndex.parse(JSON.parse(text))
  return new Map(Object.entries(paths).map(([key, { serverRelativeURL }]) => [key, serverRelativeURL]))
}
