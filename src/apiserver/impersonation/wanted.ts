// The user that Impersonate-* headers ask to act as. Pure. Rules: k8s.io/apiserver/pkg/endpoints/filters/impersonation.
import { badRequest } from '../../apimachinery/api-error.ts'
import { setOwn } from '../../apimachinery/json.ts'

/** What the headers say; groups and extra in the order in which they came. */
export interface WantedUser {
  name: string
  uid: string
  groups: string[]
  extra: Record<string, string[]>
}

const prefix = 'impersonate-'
const extraPrefix = 'impersonate-extra-'

/** Names and values of a request's headers, alternating (Node's rawHeaders). Undefined: nobody is to be impersonated. Throws 400. */
export function wantedUser(rawHeaders: readonly string[]): WantedUser | undefined {
  let wanted: WantedUser | undefined
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    if (!name.startsWith(prefix)) continue
    wanted ??= { name: '', uid: '', groups: [], extra: {} }
    const value = rawHeaders[i + 1]!
    if (name === 'impersonate-user') wanted.name ||= value
    else if (name === 'impersonate-uid') wanted.uid ||= value
    else if (name === 'impersonate-group') wanted.groups.push(value)
    else if (name.startsWith(extraPrefix)) addExtra(wanted.extra, unescaped(name.slice(extraPrefix.length)), value)
  }
  if (wanted === undefined || wanted.name !== '') return wanted
  if (wanted.uid === '' && wanted.groups.length === 0 && Object.keys(wanted.extra).length === 0) return undefined
  throw badRequest(`requested ${goText(wanted)} without impersonating a user name`)
}

function addExtra(extra: Record<string, string[]>, key: string, value: string): void {
  if (Object.hasOwn(extra, key)) extra[key]!.push(value)
  else setOwn(extra, key, [value])
}

/** Keys are percent-encoded where HTTP needs it; what is not is taken as it is. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** As Go prints the structure. */
function goText({ name, uid, groups, extra }: WantedUser): string {
  const list = (words: readonly string[]) => `[]string{${words.map((word) => JSON.stringify(word)).join(', ')}}`
  const groupText = groups.length === 0 ? '[]string(nil)' : list(groups)
  const keys = Object.keys(extra).sort()
  const values = keys.map((key) => `${JSON.stringify(key)}:${list(extra[key]!)}`)
  const extraText = keys.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${values.join(', ')}}`
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${groupText}, Extra:${extraText}}`
}

/** True for the headers that must not be seen behind impersonation. */
export function isImpersonationHeader(name: string): boolean {
  return name === 'impersonate-user' || name === 'impersonate-uid' || name === 'impersonate-group' || name.startsWith(extraPrefix)
}
