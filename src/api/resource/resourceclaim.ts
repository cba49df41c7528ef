// ResourceClaim: asks for devices, and records which were given.
import type { ResourceClaim as ResourceClaimObject } from '../../../openapi/types/resource/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { deviceClaimDefaults } from './defaults.ts'
import { claimErrors, claimUpdateErrors } from './rules.ts'

export const ResourceClaim = defineKind<ResourceClaimObject>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  resource: 'resourceclaims',
  scope: 'Namespaced',
  subresources: { status: true },
  deleteReturnsObject: true,
  computeDefaults: (claim) => deviceClaimDefaults(claim.spec),
  validateCreate: claimErrors,
  validateUpdate: claimUpdateErrors,
  columns: [{ name: 'State', description: 'Pending, allocated, reserved, deleted.', value: claimState }, ageColumn],
})

function claimState(claim: ResourceClaimObject): string {
  const states: string[] = []
  const deleted = claim.metadata?.deletionTimestamp !== undefined
  if (deleted) states.push('deleted')
  if (claim.status?.allocation === undefined) {
    if (!deleted) states.push('pending')
  } else {
    states.push('allocated')
    if ((claim.status.reservedFor?.length ?? 0) > 0) states.push('reserved')
  }
  return states.join(',')
}
