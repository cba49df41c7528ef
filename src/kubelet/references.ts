// Which ConfigMaps and Secrets a pod cannot start without, and what the kubelet says when one is missing. Pure.
import type { Container, Pod } from '../../openapi/types/core/v1.ts'

export type ReferenceKind = 'configmap' | 'secret'

export interface Reference {
  kind: ReferenceKind
  name: string
  /** Keys that have to be there. */
  keys: readonly string[]
}

/** The object's keys; undefined when there is no such object. */
export type Lookup = (kind: ReferenceKind, name: string) => Promise<ReadonlySet<string> | undefined>

interface Source {
  name?: string
  secretName?: string
  optional?: boolean
  items?: readonly { key: string }[]
}

/** References of volumes, by volume name; optional ones are left out. */
export function volumeReferences({ spec }: Pod): (Reference & { volume: string })[] {
  return (spec?.volumes ?? []).flatMap(({ name: volume, configMap, secret, projected }) => {
    const found = [...reference('configmap', configMap), ...reference('secret', secret)]
    for (const source of projected?.sources ?? [])
      found.push(...reference('configmap', source.configMap), ...reference('secret', source.secret))
    return found.map((each) => ({ ...each, volume }))
  })
}

/** References of a container's environment; optional ones are left out. */
export function environmentReferences({ env = [], envFrom = [] }: Container): Reference[] {
  const found: Reference[] = []
  for (const { configMapRef, secretRef } of envFrom) found.push(...reference('configmap', configMapRef), ...reference('secret', secretRef))
  for (const { valueFrom } of env) {
    for (const [kind, source] of [
      ['configmap', valueFrom?.configMapKeyRef],
      ['secret', valueFrom?.secretKeyRef],
    ] as const) {
      if (source !== undefined && !source.optional) found.push({ kind, name: source.name ?? '', keys: [source.key] })
    }
  }
  return found
}

function reference(kind: ReferenceKind, source: Source | undefined): Reference[] {
  const name = source?.name || source?.secretName
  if (source === undefined || name === undefined || source.optional) return []
  return [{ kind, name, keys: (source.items ?? []).map(({ key }) => key) }]
}

const words = { configmap: 'ConfigMap', secret: 'Secret' } as const

/** The text of the first thing that a container's environment lacks. */
export async function environmentProblem(container: Container, namespace: string, lookup: Lookup): Promise<string | undefined> {
  for (const { kind, name, keys } of environmentReferences(container)) {
    const present = await lookup(kind, name)
    if (present === undefined) return `${kind} ${JSON.stringify(name)} not found`
    const lacking = keys.find((key) => !present.has(key))
    if (lacking !== undefined) return `couldn't find key ${lacking} in ${words[kind]} ${namespace}/${name}`
  }
  return undefined
}

/** The text of the first volume that cannot be set up. */
export async function volumeProblem(pod: Pod, lookup: Lookup): Promise<string | undefined> {
  for (const { kind, name, keys, volume } of volumeReferences(pod)) {
    const present = await lookup(kind, name)
    const lacking = present === undefined ? undefined : keys.find((key) => !present.has(key))
    if (present !== undefined && lacking === undefined) continue
    const what =
      present === undefined ? `${kind} ${JSON.stringify(name)} not found` : `references non-existent ${keyWord[kind]} key: ${lacking}`
    return `MountVolume.SetUp failed for volume ${JSON.stringify(volume)} : ${what}`
  }
  return undefined
}

const keyWord = { configmap: 'config', secret: 'secret' } as const
