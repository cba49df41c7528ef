// ReplicationController: its names and rules as data.
import type { ReplicationController as ReplicationControllerObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const ReplicationController = defineKind<ReplicationControllerObject>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  scope: 'Namespaced',
})
