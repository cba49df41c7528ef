// RuntimeClass: a name for a container runtime handler.
import type { RuntimeClass as RuntimeClassObject } from '../../../openapi/types/node/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { runtimeClassErrors } from './runtimeclass-rules.ts'

export const RuntimeClass = defineKind<RuntimeClassObject>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  scope: 'Cluster',
  served: [retired('io.k8s.api.node', 'node.k8s.io', 'v1beta1', 'RuntimeClass', ['1.22', '1.25'])],
  createOnUpdate: true,
  requiresResourceVersion: true,
  validate: runtimeClassErrors,
  immutable: ['handler'],
  columns: [
    { name: 'Handler', description: 'The handler of the runtime.', value: (runtimeClass) => runtimeClass.handler ?? '' },
    ageColumn,
  ],
})
