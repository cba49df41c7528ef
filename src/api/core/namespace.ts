// Namespace: its names and rules as data.
import type { Namespace as NamespaceObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const Namespace = defineKind<NamespaceObject>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  scope: 'Cluster',
})
