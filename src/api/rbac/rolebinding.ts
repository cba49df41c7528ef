// RoleBinding: gives a role to subjects in one namespace.
import type { RoleBinding as RoleBindingObject } from '../../../openapi/types/rbac/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
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
  columns: bindingColumns,
})
