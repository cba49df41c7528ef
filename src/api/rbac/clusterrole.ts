// ClusterRole: permissions everywhere, or for reuse by RoleBindings.
import type { ClusterRole as ClusterRoleObject } from '../../../openapi/types/rbac/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { legacyVersion } from '../legacy-version.ts'
import { clusterRoleErrors } from './rules.ts'

export const ClusterRole = defineKind<ClusterRoleObject>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  scope: 'Cluster',
  nameRule: 'path-segment',
  validate: clusterRoleErrors,
  served: [
    legacyVersion('rbac.authorization.k8s.io', 'v1beta1', {
      kind: 'ClusterRole',
      use: 'rbac.authorization.k8s.io/v1',
      schemaName: 'io.k8s.api.rbac.v1beta1.ClusterRole',
      deprecated: '1.17',
      removed: '1.22',
    }),
  ],
  createOnUpdate: true,
})
