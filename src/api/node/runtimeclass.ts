// RuntimeClass: a name for a container runtime handler.
import type { RuntimeClass as RuntimeClassObject } from '../../../openapi/types/node/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { runtimeClassErrors } from './runtimeclass-rules.ts'

export const RuntimeClass = defineKind<RuntimeClassObject>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  scope: 'Cluster',
  createOnUpdate: true,
  requiresResourceVersion: true,
  validate: runtimeClassErrors,
  immutable: ['handler'],
  columns: [
    { name: 'Handler', description: 'The handler of the runtime.', value: (runtimeClass) => runtimeClass.handler ?? '' },
    ageColumn,
  ],
})
