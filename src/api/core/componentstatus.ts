// ComponentStatus: its names and rules as data.
import type { ComponentStatus as ComponentStatusObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const ComponentStatus = defineKind<ComponentStatusObject>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  scope: 'Cluster',
})
