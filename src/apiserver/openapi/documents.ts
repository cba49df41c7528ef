// All documents of a set of kinds, with the descriptions of openapi/descriptions.json: what the generator writes and a server publishes.
import { readFileSync } from 'node:fs'
import type { Resolved } from '../../apimachinery/kind.ts'
import type { Descriptions, Json } from './definitions.ts'
import { openApiV2 } from './v2.ts'
import { type DocumentOptions, groupVersionKey, openApiV3, openApiV3Discovery } from './v3.ts'

let descriptions: Descriptions | undefined

/** Version and words of the published documents. The words are read when a document is made for the first time. */
export const documentOptions: DocumentOptions = {
  serverVersion: 'v1.36.4',
  get descriptions() {
    descriptions ??= JSON.parse(readFileSync(new URL('../../../openapi/descriptions.json', import.meta.url), 'utf8')) as Descriptions
    return descriptions
  },
}

/** Every document at once. A server asks for one group version at a time ({@link openApiV3}); v3 is keyed as in the index. */
export async function builtinDocuments(
  resolved: readonly Resolved[],
  options: DocumentOptions = documentOptions,
  pause: () => Promise<void> = async () => {},
): Promise<{ v2: Json; v3: Map<string, Json> }> {
  const byGroup = Map.groupBy(resolved, groupVersionKey)
  const v3 = openApiV3Discovery([...new Set(resolved.map(({ group }) => group))], options)
  for (const [key, kinds] of byGroup) {
    v3.set(key, openApiV3({ group: kinds[0]!.group, version: kinds[0]!.version }, kinds, options))
    await pause()
  }
  return { v2: await openApiV2(resolved, options, pause), v3 }
}
