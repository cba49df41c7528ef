// The published documents of the built-in kinds: openapi/v2.json and openapi/v3/<group>__<version>.json, minified.
import { builtinKinds } from '../../src/api/index.ts'
import { Registry } from '../../src/apimachinery/kind.ts'
import { builtinDocuments } from '../../src/apiserver/openapi/documents.ts'

/** File path below openapi/ → text. */
export async function documentFiles(): Promise<Map<string, string>> {
  const { v2, v3 } = await builtinDocuments(new Registry(builtinKinds).resolved())
  const files = new Map([['v2.json', `${JSON.stringify(v2)}\n`]])
  for (const [key, document] of v3) files.set(`v3/${fileName(key)}.json`, `${JSON.stringify(document)}\n`)
  return files
}

/** api/v1 → core__v1, apis/apps/v1 → apps__v1, apis/apps → apps, version → version. */
function fileName(key: string): string {
  return key
    .replace(/^api\//, 'core/')
    .replace(/^apis\//, '')
    .replaceAll('/', '__')
}
