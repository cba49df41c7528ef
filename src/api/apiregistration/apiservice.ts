// APIService: who serves a group version, this server or another one behind it.
import type { APIService as APIServiceObject } from '../../../openapi/types/apiregistration/v1.ts'
import { defineKind, definitionName } from '../../apimachinery/kind.ts'
import { legacyVersion } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { apiServiceErrors, apiServiceStatusErrors, markLocal } from './apiservice-rules.ts'

export const APIService = defineKind<APIServiceObject>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  resource: 'apiservices',
  categories: ['api-extensions'],
  scope: 'Cluster',
  nameRule: 'path-segment',
  subresources: { status: true },
  requiresResourceVersion: true,
  served: [
    // The same fields, hence the same definition.
    legacyVersion('apiregistration.k8s.io', 'v1beta1', {
      kind: 'APIService',
      use: 'apiregistration.k8s.io/v1',
      schemaName: definitionName('apiregistration.k8s.io', 'v1', 'APIService'),
      deprecated: '1.19',
      removed: '1.22',
    }),
  ],
  defaults: { 'spec.service.port': 443 },
  prepareForCreate: markLocal,
  validate: apiServiceErrors,
  validateStatusUpdate: apiServiceStatusErrors,
  columns: [
    { name: 'Service', description: 'The service that answers, or Local.', value: service },
    { name: 'Available', description: 'Whether it answers.', value: available },
    ageColumn,
  ],
})

function service(apiService: APIServiceObject): string {
  const reference = apiService.spec?.service
  return reference === undefined ? 'Local' : `${reference.namespace ?? ''}/${reference.name ?? ''}`
}

function available(apiService: APIServiceObject): string {
  const condition = apiService.status?.conditions?.find((each) => each.type === 'Available')
  if (condition === undefined) return 'Unknown'
  return condition.status !== 'True' && condition.reason ? `${condition.status} (${condition.reason})` : condition.status
}
