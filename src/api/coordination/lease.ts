// Lease: a lock with a time limit; also the heartbeat of a node.
import type { Lease as LeaseObject } from '../../../openapi/types/coordination/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { leaseErrors } from './lease-rules.ts'

export const Lease = defineKind<LeaseObject>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  scope: 'Namespaced',
  served: [retired('io.k8s.api.coordination', 'coordination.k8s.io', 'v1beta1', 'Lease', ['1.19', '1.22'])],
  createOnUpdate: true,
  requiresResourceVersion: true,
  validate: leaseErrors,
  columns: [{ name: 'Holder', description: 'Who has it.', value: (lease) => lease.spec?.holderIdentity ?? '' }, ageColumn],
})
