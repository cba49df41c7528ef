// Role: permissions in one namespace.
import type { Role as RoleObject } from '../../../openapi/types/rbac/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { legacyVersion } from '../legacy-version.ts'
import { roleErrors } from './rules.ts'

export const Role = defineKind<RoleObject>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  resource: 'roles',
  scope: 'Namespaced',
  nameRule: 'path-segment',
  validate: roleErrors,
  served: [
    legacyVersion('rbac.authorization.k8s.io', 'v1beta1', {
      kind: 'Role',
      use: 'rbac.authorization.k8s.io/v1',
      schemaName: 'io.k8s.api.rbac.v1beta1.Role',
      deprecated: '1.17',
      removed: '1.22',
    }),
  ],
  createOnUpdate: true,
})
