// The audit policy (audit.k8s.io/v1 Policy): read and checked (decision.ts asks it). Pure. Rules: k8s.io/apiserver/pkg/audit/policy and apis/audit/validation.
import { z } from 'zod'
import { dns1123Subdomain } from '../../apimachinery/names.ts'
import { parseYaml } from '../../apimachinery/schema/yaml.ts'

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
export type PolicyRule = z.infer<typeof Rule>

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
