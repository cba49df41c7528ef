// Role: permissions in one namespace.
import type { Role as RoleObject } from '../../../openapi/types/rbac/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { roleErrors } from './rules.ts'

export const Role = defineKind<RoleObject>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  resource: 'roles',
  scope: 'Namespaced',
  nameRule: 'path-segment',
  validate: roleErrors,
  createOnUpdate: true,
})
