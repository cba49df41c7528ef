// The audit policy (audit.k8s.io/v1 Policy): read, checked, asked. Pure. Rules: k8s.io/apiserver/pkg/audit/policy and apis/audit/validation.
import { z } from 'zod'
import { dns1123Subdomain } from '../../apimachinery/names.ts'
import { parseYaml } from '../../apimachinery/schema/yaml.ts'
import type { User } from '../authentication/user.ts'
import type { RequestInfo } from '../request-info.ts'

export const auditLevels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type AuditLevel = (typeof auditLevels)[number]
export const auditStages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type AuditStage = (typeof auditStages)[number]

const words = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? [])

const Stages = words.refine((list) => list.every((stage) => (auditStages as readonly string[]).includes(stage)), {
  error: `allowed stages are ${auditStages.join(',')}`,
})

const Resources = z
  .object({ group: z.string().default(''), resources: words, resourceNames: words })
  .superRefine(({ group, resources, resourceNames }, context) => {
    const faults = group === '' || group === '*' ? [] : dns1123Subdomain(group)
    if (faults.length > 0) issue(context, 'group', `Invalid value: ${JSON.stringify(group)}: ${faults.join(',')}`)
    if (resourceNames.length > 0 && resources.length === 0)
      issue(context, 'resourceNames', 'Invalid value: using resourceNames requires at least one resource')
  })

const Rule = z
  .object({
    level: z.enum(auditLevels),
    users: words,
    userGroups: words,
    verbs: words,
    resources: z
      .array(Resources)
      .nullish()
      .transform((list) => list ?? []),
    namespaces: words,
    nonResourceURLs: words,
    omitStages: Stages,
    omitManagedFields: z.boolean().nullish(),
  })
  .superRefine(({ nonResourceURLs, resources, namespaces }, context) => {
    for (const url of nonResourceURLs) {
      if (url !== '*' && !url.startsWith('/'))
        issue(context, 'nonResourceURLs', `Invalid value: ${JSON.stringify(url)}: non-resource URL rules must begin with a '/' character`)
      if (url.slice(0, -1).includes('*'))
        issue(
          context,
          'nonResourceURLs',
          `Invalid value: ${JSON.stringify(url)}: non-resource URL wildcards '*' must be the final character of the rule`,
        )
    }
    if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0))
      issue(context, 'nonResourceURLs', 'Invalid value: rules cannot apply to both regular resources and non-resource URLs')
  })

const Policy = z.object({
  apiVersion: z.literal('audit.k8s.io/v1'),
  kind: z.literal('Policy'),
  rules: z.array(Rule).nonempty('loaded illegal policy with 0 rules'),
  omitStages: Stages,
  omitManagedFields: z.boolean().default(false),
})
export type AuditPolicy = z.infer<typeof Policy>
type PolicyRule = z.infer<typeof Rule>

function issue(context: z.core.$RefinementCtx, field: string, message: string): void {
  context.addIssue({ code: 'custom', path: [field], message })
}

/** A policy from the text of its file, YAML or JSON. Throws an Error that says what is wrong where. */
export function auditPolicy(text: string): AuditPolicy {
  const result = Policy.safeParse(parseYaml(Buffer.from(text)))
  if (result.success) return result.data
  throw new Error(result.error.issues.map(({ path, message }) => `${pathText(path)}${path.length > 0 ? ': ' : ''}${message}`).join(', '))
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('')
}

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
