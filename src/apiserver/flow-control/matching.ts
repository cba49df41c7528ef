// Which FlowSchema a request belongs to. Pure. Rules: k8s.io/apiserver/pkg/util/flowcontrol rule.go.
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../../openapi/types/flowcontrol/v1.ts'
import type { User } from '../authentication/user.ts'
import type { RequestInfo } from '../request-info.ts'

/** True when one of the schema's rules names the user and what is asked for. */
export function matchesFlowSchema(user: User, info: RequestInfo, schema: FlowSchema): boolean {
  for (const rule of schema.spec?.rules ?? []) if (matchesRule(user, info, rule)) return true
  return false
}

function matchesRule(
  user: User,
  info: RequestInfo,
  { subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects,
): boolean {
  if (!subjects.some((subject) => matchesSubject(user, subject))) return false
  if (info.isResourceRequest) return resourceRules.some((rule) => matchesResource(info, rule))
  return nonResourceRules.some((rule) => matchesPath(info, rule))
}

function matchesSubject(user: User, { kind, user: named, group, serviceAccount }: Subject): boolean {
  if (kind === 'User') return named !== undefined && (named.name === '*' || named.name === user.name)
  if (kind === 'Group') return group !== undefined && (group.name === '*' || user.groups.includes(group.name))
  if (kind !== 'ServiceAccount' || serviceAccount === undefined) return false
  const prefix = `system:serviceaccount:${serviceAccount.namespace}:`
  return user.name.startsWith(prefix) && (serviceAccount.name === '*' || user.name === prefix + serviceAccount.name)
}

function matchesResource(info: RequestInfo, rule: ResourcePolicyRule): boolean {
  const { verb, resource, subresource, group, namespace } = info
  if (!contains(rule.verbs, verb)) return false
  if (!contains(rule.resources, subresource === '' ? resource : `${resource}/${subresource}`)) return false
  if (!contains(rule.apiGroups, group)) return false
  return namespace === '' ? rule.clusterScope === true : contains(rule.namespaces ?? [], namespace)
}

function matchesPath({ verb, path }: RequestInfo, { verbs, nonResourceURLs }: NonResourcePolicyRule): boolean {
  return contains(verbs, verb) && nonResourceURLs.some((rule) => rule === '*' || rule === path || path.startsWith(directory(rule)))
}

function directory(rule: string): string {
  const prefix = rule.endsWith('*') ? rule.slice(0, -1) : rule
  return prefix.endsWith('/') ? prefix : `${prefix}/`
}

/** `*` counts only alone; validation sees to that. */
function contains(list: readonly string[], word: string): boolean {
  return (list.length === 1 && list[0] === '*') || list.includes(word)
}
