// Node: its names and rules as data.
import type { Node as NodeObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const Node = defineKind<NodeObject>({
  group: '',
  version: 'v1',
  kind: 'Node',
  resource: 'nodes',
  scope: 'Cluster',
})
