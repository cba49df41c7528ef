// Fills the rules of ClusterRoles that gather others by label (admin, edit, view).
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
import type { ClusterRole as ClusterRoleObject, PolicyRule } from '../openapi/types/rbac/v1.ts'
import { labelSelectorMatches } from '../src/api/apps/label-selector.ts'
import { ClusterRole } from '../src/api/rbac/clusterrole.ts'
import { semanticEqual } from '../src/apimachinery/equal.ts'
import { objectKey } from '../src/apimachinery/meta.ts'
import { defineController, type Lister } from '../src/controller/define.ts'
import { nothing, plan } from '../src/controller/plan.ts'

export const clusterroleAggregation = defineController({
  name: 'clusterrole-aggregation',
  for: ClusterRole,
  reads: { roles: ClusterRole },
  indexes: {
    gathering: { kind: ClusterRole, values: (role: ClusterRoleObject) => (role.aggregationRule === undefined ? [] : ['']) },
  },
  watches: [
    // which roles a change touches depends on old labels too: the few that gather are all looked at
    { kind: ClusterRole, map: (_role: ClusterRoleObject, { roles }) => roles.by('gathering', '').map(objectKey) },
  ],
  reconcile(role, { roles }) {
    if (role.aggregationRule === undefined || role.metadata?.deletionTimestamp !== undefined) return nothing
    const rules = gathered(role, roles)
    if (semanticEqual(rules, role.rules ?? [])) return nothing
    const { apiVersion, kind } = ClusterRole
    const object = { apiVersion, kind, metadata: { name: role.metadata?.name ?? '' }, ...(rules.length === 0 ? {} : { rules }) }
    return plan({ op: 'apply', kind: ClusterRole, object, force: true, fieldManager: 'clusterrole-aggregation-controller' })
  },
})

/** The rules of all roles that a selector picks, selector by selector, roles by name, each rule once. */
function gathered(role: ClusterRoleObject, roles: Lister<ClusterRoleObject>): PolicyRule[] {
  const others = roles
    .list()
    .filter(({ metadata }) => metadata?.name !== role.metadata?.name)
    .sort((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1))
  const rules: PolicyRule[] = []
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const chosen = others.filter(({ metadata }) => labelSelectorMatches(selector, metadata?.labels))
    for (const rule of chosen.flatMap((other) => other.rules ?? [])) {
      if (!rules.some((known) => semanticEqual(known, rule))) rules.push(rule)
    }
  }
  return rules
}
