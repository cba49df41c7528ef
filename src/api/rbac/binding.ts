// What RoleBinding and ClusterRoleBinding share: columns and defaults.
import type { RoleBinding, Subject } from '../../../openapi/types/rbac/v1.ts'
import type { Column } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'

/** The API group of users, groups and roles. */
export const rbacGroup = 'rbac.authorization.k8s.io'

type Binding = Pick<RoleBinding, 'metadata' | 'roleRef' | 'subjects'>

export const bindingColumns: readonly Column<Binding>[] = [
  { name: 'Role', description: 'The role given.', value: (binding) => `${binding.roleRef?.kind ?? ''}/${binding.roleRef?.name ?? ''}` },
  ageColumn,
  { name: 'Users', priority: 1, description: 'Users who get it.', value: (binding) => names(binding, 'User', (subject) => subject.name) },
  {
    name: 'Groups',
    priority: 1,
    description: 'Groups that get it.',
    value: (binding) => names(binding, 'Group', (subject) => subject.name),
  },
  {
    name: 'ServiceAccounts',
    priority: 1,
    description: 'Service accounts that get it.',
    value: (binding) => names(binding, 'ServiceAccount', (subject) => `${subject.namespace ?? ''}/${subject.name}`),
  },
]

function names(binding: Binding, kind: string, text: (subject: Subject) => string): string {
  return (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(text)
    .join(', ')
}

/** The API groups that a binding may leave out. */
export function bindingDefaults(binding: Binding): void {
  if (binding.roleRef && !binding.roleRef.apiGroup) binding.roleRef.apiGroup = rbacGroup
  for (const subject of binding.subjects ?? []) {
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = rbacGroup
  }
}
