// Discovery documents of a faked server.
import type { Kind } from '../../src/apimachinery/kind.ts'

/** What a server of these kinds answers at /apis, /api/v1 and /apis/<group>/<version>. */
export function discoveryOf(kinds: readonly Kind[], path: string): unknown {
  if (path === '/apis') {
    const versions = [...new Set(kinds.filter(({ group }) => group !== '').map(({ apiVersion }) => apiVersion))]
    const groups = versions.map((groupVersion) => ({
      name: groupVersion.split('/')[0],
      preferredVersion: { groupVersion },
      versions: [{ groupVersion }],
    }))
    return { groups }
  }
  const groupVersion = path.replace(/^\/apis?\//, '')
  const resources = kinds
    .filter(({ apiVersion }) => apiVersion === groupVersion)
    .map(({ resource, kind, scope, verbs }) => ({ name: resource, kind, namespaced: scope === 'Namespaced', verbs: [...verbs] }))
  return { groupVersion, resources }
}
