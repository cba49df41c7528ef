// Binding assigns a pod to a node: posted, answered, never stored.
import type { Binding as BindingObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const Binding = defineKind<BindingObject>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  resource: 'bindings',
  scope: 'Namespaced',
  verbs: ['create'],
  ephemeral: true,
})
