// FlowSchema: which requests go to which priority level.
import type { FlowSchema as FlowSchemaObject } from '../../../openapi/types/flowcontrol/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { conditionsErrors, flowSchemaErrors } from './flowschema-rules.ts'

export const FlowSchema = defineKind<FlowSchemaObject>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  resource: 'flowschemas',
  scope: 'Cluster',
  served: [
    retired('io.k8s.api.flowcontrol', 'flowcontrol.apiserver.k8s.io', 'v1beta3', 'FlowSchema', ['1.29', '1.32']),
    retired('io.k8s.api.flowcontrol', 'flowcontrol.apiserver.k8s.io', 'v1beta2', 'FlowSchema', ['1.26', '1.29']),
    retired('io.k8s.api.flowcontrol', 'flowcontrol.apiserver.k8s.io', 'v1beta1', 'FlowSchema', ['1.23', '1.26']),
  ],
  subresources: { status: true },
  generation: 'spec',
  computeDefaults: (schema) => {
    if (schema.spec && !schema.spec.matchingPrecedence) schema.spec.matchingPrecedence = 1000
  },
  validate: flowSchemaErrors,
  validateStatusUpdate: conditionsErrors,
  columns: [
    {
      name: 'PriorityLevel',
      description: 'Where matching requests go.',
      value: (schema) => schema.spec?.priorityLevelConfiguration?.name ?? '',
    },
    { name: 'MatchingPrecedence', description: 'Lower is tried first.', value: (schema) => schema.spec?.matchingPrecedence ?? 0 },
    {
      name: 'DistinguisherMethod',
      description: 'What tells flows apart.',
      value: (schema) => schema.spec?.distinguisherMethod?.type ?? '<none>',
    },
    ageColumn,
    {
      name: 'MissingPL',
      description: 'Whether the priority level is missing.',
      value: (schema) => schema.status?.conditions?.find((condition) => condition.type === 'Dangling')?.status ?? '?',
    },
  ],
})
