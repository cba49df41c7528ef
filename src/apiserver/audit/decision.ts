// What an audit policy says of a request. Pure, and apart from the reading of policies, which few servers do. Rules: k8s.io/apiserver/pkg/audit/policy.
import type { User } from '../authentication/user.ts'
import type { RequestInfo } from '../request-info.ts'
import type { AuditLevel, AuditPolicy, PolicyRule } from './policy.ts'

/** What the policy says of one request. */
export interface AuditDecision {
  level: AuditLevel
  omitStages: readonly string[]
  omitManagedFields: boolean
}

/** The first rule that matches decides; none: not audited. */
export function auditDecision(policy: AuditPolicy, user: User | undefined, info: RequestInfo): AuditDecision {
  const rule = policy.rules.find((candidate) => ruleMatches(candidate, user, info))
  return {
    level: rule?.level ?? 'None',
    omitStages: [...policy.omitStages, ...(rule?.omitStages ?? [])],
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields,
  }
}

function ruleMatches(rule: PolicyRule, user: User | undefined, info: RequestInfo): boolean {
  const { users, userGroups, verbs, namespaces, resources, nonResourceURLs } = rule
  if (users.length > 0 && (user === undefined || !users.includes(user.name))) return false
  if (userGroups.length > 0 && user?.groups.some((group) => userGroups.includes(group)) !== true) return false
  if (verbs.length > 0 && !verbs.includes(info.verb)) return false
  if (namespaces.length > 0 || resources.length > 0) return matchesResource(rule, info)
  if (nonResourceURLs.length > 0) return !info.isResourceRequest && nonResourceURLs.some((pattern) => matchesPath(info.path, pattern))
  return true
}

function matchesPath(path: string, pattern: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')))
}

function matchesResource({ namespaces, resources }: PolicyRule, info: RequestInfo): boolean {
  if (!info.isResourceRequest) return false
  if (namespaces.length > 0 && !namespaces.includes(info.namespace)) return false
  if (resources.length === 0) return true
  const { resource, subresource } = info
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  for (const entry of resources) {
    if (entry.group !== info.group && entry.group !== '*') continue
    if (entry.resources.length === 0) return true
    if (entry.resourceNames.length > 0 && !entry.resourceNames.includes(info.name)) continue
    const found = entry.resources.some(
      (word) => word === combined || word === '*' || (subresource !== '' && word === `*/${subresource}`) || word === `${resource}/*`,
    )
    if (found) return true
  }
  return false
}
