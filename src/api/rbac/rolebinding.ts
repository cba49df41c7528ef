// RoleBinding: gives a role to subjects in one namespace.
import type { RoleBinding as RoleBindingObject } from '../../../openapi/types/rbac/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { legacyVersion } from '../legacy-version.ts'
import { bindingColumns, bindingDefaults } from './binding.ts'
import { bindingUpdateErrors, roleBindingErrors } from './rules.ts'

export const RoleBinding = defineKind<RoleBindingObject>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  scope: 'Namespaced',
  nameRule: 'path-segment',
  createOnUpdate: true,
  computeDefaults: bindingDefaults,
  validate: roleBindingErrors,
  validateUpdate: bindingUpdateErrors,
  served: [
    legacyVersion('rbac.authorization.k8s.io', 'v1beta1', {
      kind: 'RoleBinding',
      use: 'rbac.authorization.k8s.io/v1',
      schemaName: 'io.k8s.api.rbac.v1beta1.RoleBinding',
      deprecated: '1.17',
      removed: '1.22',
    }),
  ],
  columns: bindingColumns,
})
