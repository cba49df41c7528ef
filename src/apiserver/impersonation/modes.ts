// May this requester act as that user? Upstream's modes of constrained impersonation, narrowest first, then the old `impersonate` verb.
// Rules and order: k8s.io/apiserver/pkg/endpoints/filters/impersonation mode.go (KEP-5284, on by default since 1.36).
import { ApiError } from '../../apimachinery/api-error.ts'
import { dns1123Label, dns1123Subdomain } from '../../apimachinery/names.ts'
import type { User } from '../authentication/user.ts'
import type { RequestInfo } from '../request-info.ts'
import type { WantedUser } from './wanted.ts'

/** Throws 403 unless the user may do what `info` says (authorize.ts). */
export type Ask = (user: User, info: RequestInfo) => Promise<void>

export interface Impersonated {
  user: User
  /** The verb that allowed it, for the audit log; absent for the old `impersonate`. */
  constraint?: string
}

const nodeNameKey = 'authentication.kubernetes.io/node-name'
const associatedKeys = 'authentication.kubernetes.io/associated-node-keys'

/** The user to go on as. `info`: what the request itself asks for. Throws the 403 of the first mode that applies when all refuse. */
export async function impersonated(ask: Ask, requester: User, wanted: WantedUser, info: RequestInfo): Promise<Impersonated> {
  let first: unknown
  for (const mode of modesFor(requester, wanted)) {
    try {
      if (mode !== 'legacy') await ask(onBehalf(requester, mode), { ...info, verb: `impersonate-on:${mode}:${info.verb}` })
      const verb = mode === 'legacy' ? 'impersonate' : `impersonate:${mode}`
      const user = await checked(ask, onBehalf(requester, mode), wanted, verb, mode)
      return { user, ...(mode === 'legacy' ? {} : { constraint: verb }) }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      first ??= error
    }
  }
  throw first
}

type Mode = 'associated-node' | 'arbitrary-node' | 'serviceaccount' | 'user-info' | 'legacy'

function modesFor(requester: User, wanted: WantedUser): Mode[] {
  const nameOnly = wanted.uid === '' && wanted.groups.length === 0 && Object.keys(wanted.extra).length === 0
  const node = nodeName(wanted.name)
  if (node !== undefined) {
    if (!nameOnly) return ['legacy']
    const own = requester.extra?.[nodeNameKey]
    const associated = serviceAccountName(requester.name) !== undefined && own?.length === 1 && own[0] === node
    return [...(associated ? (['associated-node'] as const) : []), 'arbitrary-node', 'legacy']
  }
  if (serviceAccountName(wanted.name) !== undefined) return nameOnly ? ['serviceaccount', 'legacy'] : ['legacy']
  return ['user-info', 'legacy']
}

/** An account that asks for its own node is judged without the particulars of its pod. */
function onBehalf(requester: User, mode: Mode): User {
  if (mode !== 'associated-node') return requester
  return { ...requester, extra: { [associatedKeys]: Object.keys(requester.extra ?? {}).sort() } }
}

async function checked(ask: Ask, requester: User, wanted: WantedUser, verb: string, mode: Mode): Promise<User> {
  const constrained = mode !== 'legacy'
  const names = constrained ? 'authentication.k8s.io' : ''
  const groups = await checkName(ask, requester, wanted, { verb, group: names, mode })
  if (wanted.uid !== '') await ask(requester, attributes(verb, 'authentication.k8s.io', 'uids', wanted.uid))
  if (constrained) refuseGroups(requester, wanted, attributes(verb, names, 'groups', ''))
  for (const group of wanted.groups) await ask(requester, attributes(verb, names, 'groups', group))
  for (const [key, values] of Object.entries(wanted.extra)) {
    for (const value of values)
      await ask(requester, { ...attributes(verb, 'authentication.k8s.io', 'userextras', value), subresource: key })
  }
  const { name, uid, extra } = wanted
  return {
    name,
    groups: withCommonGroup(name, groups),
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

/** Asks for the name; returns the groups that come with it. */
async function checkName(
  ask: Ask,
  requester: User,
  { name, groups }: WantedUser,
  { verb, group, mode }: { verb: string; group: string; mode: Mode },
): Promise<readonly string[]> {
  const account = serviceAccountName(name)
  if (account !== undefined) {
    await ask(requester, { ...attributes(verb, group, 'serviceaccounts', account.name), namespace: account.namespace })
    return groups.length > 0 ? groups : ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
  }
  const node = mode === 'legacy' ? undefined : nodeName(name)
  if (node === undefined) {
    await ask(requester, attributes(verb, group, 'users', name))
    return groups
  }
  await ask(requester, attributes(verb, group, 'nodes', mode === 'associated-node' ? '*' : node))
  return ['system:nodes']
}

function refuseGroups(requester: User, { groups }: WantedUser, { verb }: RequestInfo): void {
  const refuse = (name: string, text: string) => {
    const who = `groups.authentication.k8s.io ${name === '' ? '' : `"${name}" `}is forbidden: User ${JSON.stringify(requester.name)} cannot ${verb}`
    const details = { ...(name === '' ? {} : { name }), group: 'authentication.k8s.io', kind: 'groups' }
    const what = 'resource "groups" in API group "authentication.k8s.io" at the cluster scope'
    return new ApiError('Forbidden', `${who} ${what}: ${text}`, { details })
  }
  if (groups.includes('')) throw refuse('', 'impersonating the empty string group is not allowed')
  if (groups.includes('system:masters')) throw refuse('system:masters', 'impersonating the system:masters group is not allowed')
}

function withCommonGroup(name: string, groups: readonly string[]): readonly string[] {
  const common = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'
  if (groups.includes(common) || groups.includes('system:unauthenticated')) return groups
  return [...groups, common]
}

function attributes(verb: string, group: string, resource: string, name: string): RequestInfo {
  return {
    isResourceRequest: true,
    path: '',
    verb,
    apiPrefix: group === '' ? 'api' : 'apis',
    group,
    version: 'v1',
    namespace: '',
    resource,
    subresource: '',
    name,
    parts: [],
    verbViaPathPrefix: false,
  }
}

function nodeName(user: string): string | undefined {
  const prefix = 'system:node:'
  if (!user.startsWith(prefix)) return undefined
  const name = user.slice(prefix.length)
  return dns1123Subdomain(name).length === 0 ? name : undefined
}

function serviceAccountName(user: string): { namespace: string; name: string } | undefined {
  const [system, word, namespace = '', name = '', ...more] = user.split(':')
  if (system !== 'system' || word !== 'serviceaccount' || more.length > 0) return undefined
  return dns1123Label(namespace).length === 0 && dns1123Subdomain(name).length === 0 ? { namespace, name } : undefined
}
