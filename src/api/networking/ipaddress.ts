// IPAddress: one address of a ServiceCIDR that is in use.
import type { IPAddress as IPAddressObject } from '../../../openapi/types/networking/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { nameColumn } from '../shared/columns.ts'
import { ipAddressErrors, ipAddressName, ipAddressUpdateErrors } from './address-rules.ts'

export const IPAddress = defineKind<IPAddressObject>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  shortNames: ['ip'],
  scope: 'Cluster',
  nameRule: ipAddressName,
  validate: ipAddressErrors,
  validateUpdate: ipAddressUpdateErrors,
  columns: [nameColumn, { name: 'ParentRef', description: 'The object that uses the address.', value: parent }],
})

function parent(address: IPAddressObject): string {
  const reference = address.spec?.parentRef
  if (reference === undefined) return '<none>'
  const resource = reference.group ? `${reference.resource}.${reference.group}` : reference.resource
  const namespace = reference.namespace ? `/${reference.namespace}` : ''
  return `${resource.toLowerCase()}${namespace}/${reference.name}`
}
