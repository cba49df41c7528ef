// ClusterRoleBinding: gives a cluster role to subjects everywhere.
import type { ClusterRoleBinding as ClusterRoleBindingObject } from '../../../openapi/types/rbac/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { legacyVersion } from '../legacy-version.ts'
import { bindingColumns, bindingDefaults } from './binding.ts'
import { bindingUpdateErrors, clusterRoleBindingErrors } from './rules.ts'

export const ClusterRoleBinding = defineKind<ClusterRoleBindingObject>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  scope: 'Cluster',
  nameRule: 'path-segment',
  createOnUpdate: true,
  computeDefaults: bindingDefaults,
  validate: clusterRoleBindingErrors,
  validateUpdate: bindingUpdateErrors,
  served: [
    legacyVersion('rbac.authorization.k8s.io', 'v1beta1', {
      kind: 'ClusterRoleBinding',
      use: 'rbac.authorization.k8s.io/v1',
      schemaName: 'io.k8s.api.rbac.v1beta1.ClusterRoleBinding',
      deprecated: '1.17',
      removed: '1.22',
    }),
  ],
  columns: bindingColumns,
})
