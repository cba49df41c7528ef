// Reads ConfigMaps and Secrets for pods that refer to them: what is there is remembered for a minute, what is missing is asked for again.
import type { ConfigMap, Secret } from '../../openapi/types/core/v1.ts'
import { ConfigMap as ConfigMapKind } from '../api/core/configmap.ts'
import { Secret as SecretKind } from '../api/core/secret.ts'
import { isNotFound } from '../apimachinery/api-error.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { Client } from '../client/client.ts'
import type { Lookup } from './references.ts'

const rememberMs = 60_000
const maxRemembered = 10_000

/** Makes the lookup of each namespace. Rejects with the client's errors, except for "not found". */
export function referenceReader(client: Client, clock: Clock): (namespace: string) => Lookup {
  const remembered = new Map<string, { keys: Promise<ReadonlySet<string> | undefined>; at: number }>()
  const read = async (kind: string, namespace: string, name: string): Promise<ReadonlySet<string> | undefined> => {
    try {
      if (kind === 'secret') {
        const secret: Secret = await client.get(SecretKind, { name, namespace })
        return new Set(Object.keys(secret.data ?? {}))
      }
      const map: ConfigMap = await client.get(ConfigMapKind, { name, namespace })
      return new Set([...Object.keys(map.data ?? {}), ...Object.keys(map.binaryData ?? {})])
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
  return (namespace) => (kind, name) => {
    const id = `${kind}/${namespace}/${name}`
    const known = remembered.get(id)
    if (known !== undefined && clock.now() - known.at < rememberMs) return known.keys
    const keys = read(kind, namespace, name)
    remembered.delete(id)
    remembered.set(id, { keys, at: clock.now() })
    if (remembered.size > maxRemembered) remembered.delete(remembered.keys().next().value!)
    const forget = () => {
      if (remembered.get(id)?.keys === keys) remembered.delete(id)
    }
    keys.then((found) => found === undefined && forget(), forget)
    return keys
  }
}
