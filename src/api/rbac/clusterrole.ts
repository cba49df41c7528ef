// ClusterRole: permissions everywhere, or for reuse by RoleBindings.
import type { ClusterRole as ClusterRoleObject } from '../../../openapi/types/rbac/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { clusterRoleErrors } from './rules.ts'

export const ClusterRole = defineKind<ClusterRoleObject>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  scope: 'Cluster',
  nameRule: 'path-segment',
  validate: clusterRoleErrors,
  createOnUpdate: true,
})
