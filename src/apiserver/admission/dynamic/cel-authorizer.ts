// The variable `authorizer` of expressions: asks the server's own authorizer, for the user of the request.
import { CelAuthorizer, type Check } from '../../../apimachinery/cel/authorizer.ts'
import type { Decision } from '../../context.ts'
import { requestInfo } from '../../request-info.ts'
import type { AdmissionAttributes } from '../plugin.ts'
import type { DynamicServer } from './hooks.ts'
import type { Subject } from './subject.ts'

/** The authorizer of a request. Decisions must be at hand: one that has to be waited for counts as an error. */
export function celAuthorizer(server: DynamicServer, { user }: AdmissionAttributes, subject: Subject): CelAuthorizer {
  const decide = (check: Check): { allowed: boolean; reason: string; error?: string } => {
    if (server.authorize === undefined) return { allowed: true, reason: '' }
    const info = { ...requestInfo('GET', pathOf(check), new URLSearchParams()), verb: check.verb }
    const account = check.serviceAccount
    const asked =
      account === undefined
        ? user
        : {
            name: `system:serviceaccount:${account.namespace}:${account.name}`,
            groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'],
          }
    const decision: Decision | Promise<Decision> = server.authorize({ user: asked, info }, server.read)
    if (decision instanceof Promise) return { allowed: false, reason: '', error: 'the authorizer has no answer at hand' }
    return { allowed: decision.allowed, reason: decision.reason ?? '' }
  }
  const { group, resource } = subject.resource
  return new CelAuthorizer(decide, { group, resource, subresource: subject.subresource, namespace: subject.namespace, name: subject.name })
}

/** The path of a request like the one that is checked. */
function pathOf({ path, group = '', resource = '', subresource = '', namespace = '', name = '', version = '' }: Check): string {
  if (path !== undefined) return path
  const root = group === '' ? `/api/${version || 'v1'}` : `/apis/${group}/${version || 'v1'}`
  const words = [...(namespace === '' ? [] : ['namespaces', namespace]), resource]
  if (name !== '' || subresource !== '') words.push(name || '-')
  if (subresource !== '') words.push(subresource)
  return `${root}/${words.map(encodeURIComponent).join('/')}`
}
