// ServiceCIDR: a range from which services get their cluster IPs.
import type { ServiceCIDR as ServiceCIDRObject } from '../../../openapi/types/networking/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { serviceCidrErrors, serviceCidrUpdateErrors } from './address-rules.ts'

export const ServiceCIDR = defineKind<ServiceCIDRObject>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  scope: 'Cluster',
  subresources: { status: true },
  validate: serviceCidrErrors,
  validateUpdate: serviceCidrUpdateErrors,
  columns: [
    { name: 'CIDRs', description: 'The ranges, one per IP family.', value: (cidr) => (cidr.spec?.cidrs ?? []).join(',') },
    ageColumn,
  ],
})
