// Namespace: deletion is a process (status Terminating, content removed by a controller, then finalize), not an event.
import type { Namespace as NamespaceObject } from '../../../openapi/types/core/v1.ts'
import { allVerbs, defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import {
  computeNamespaceDefaults,
  prepareNamespaceForCreate,
  prepareNamespaceForUpdate,
  validateNamespace,
  validateNamespaceFinalize,
  validateNamespaceStatusUpdate,
} from './namespace-rules.ts'

export const Namespace = defineKind<NamespaceObject>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  shortNames: ['ns'],
  scope: 'Cluster',
  verbs: allVerbs.filter((verb) => verb !== 'deletecollection'),
  subresources: { status: true, others: ['finalize'] },
  nameRule: 'dns-label',
  computeDefaults: computeNamespaceDefaults,
  prepareForCreate: prepareNamespaceForCreate,
  prepareForUpdate: prepareNamespaceForUpdate,
  validate: validateNamespace,
  validateStatusUpdate: validateNamespaceStatusUpdate,
  validateSubresource: { finalize: validateNamespaceFinalize },
  deleteReturnsObject: true,
  deletion: {
    held: ({ spec }) => (spec?.finalizers ?? []).length > 0,
    begin: (namespace) => {
      namespace.status = { ...namespace.status, phase: 'Terminating' }
    },
  },
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  columns: [{ name: 'Status', description: 'The status of the namespace', value: ({ status }) => status?.phase ?? '' }, ageColumn],
})
