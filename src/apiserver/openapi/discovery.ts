// The operations that list what the API holds: groups, versions, resources, and the server's version.
import { mediaTypes, type Operation } from './operations.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** GET /apis/apps/v1/ */
export function discoveryOperations({ group, version }: { group: string; version: string }): Operation[] {
  return [discoveryPath(group === '' ? `/api/${version}/` : `/apis/${group}/${version}/`)]
}

/** The operation of one discovery path: /api/, /apis/, /apis/apps/, /apis/apps/v1/ or /version/. */
export function discoveryPath(path: string): Operation {
  const parts = path.split('/').filter((part) => part !== '')
  const words = parts[0] === 'api' ? ['core', ...parts.slice(1)] : parts.slice(1)
  const ids = words.map((word) => word.replace(/\.k8s\.io$/, '').replace(/[^A-Za-z0-9]+(.)/g, (_, letter: string) => letter.toUpperCase()))
  const title = ids.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  if (parts[0] === 'version')
    return discovery(path, 'getCodeVersion', 'version', 'get the code version', 'io.k8s.apimachinery.pkg.version.Info')
  if (words.length === 2)
    return discovery(path, `get${title}APIResources`, ids.join('_'), 'get available resources', `${meta}.APIResourceList`)
  if (parts[0] === 'api') return discovery(path, 'getCoreAPIVersions', 'core', 'get available API versions', `${meta}.APIVersions`)
  if (words.length === 1) return discovery(path, `get${title}APIGroup`, ids[0]!, 'get information of a group', `${meta}.APIGroup`)
  return discovery(path, 'getAPIVersions', 'apis', 'get available API versions', `${meta}.APIGroupList`)
}

function discovery(path: string, id: string, tag: string, description: string, definition: string): Operation {
  const types = path === '/version/' ? ['application/json'] : mediaTypes
  return { path, method: 'get', id, tag, description, parameters: [], consumes: types, produces: types, answers: { 200: definition } }
}
