// Rules of Endpoints: addresses that can be reached, ports that can be told apart.
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, required } from '../../apimachinery/field-errors.ts'
import { portNumber } from '../../apimachinery/names.ts'
import { dnsLabel, invalidFor, objectName, oneOf, qualified } from '../shared/checks.ts'
import { validateIP, validateNonSpecialIP } from '../shared/validate-ip.ts'

/** Endpoints, new or updated. */
export function validateEndpoints({ subsets }: Endpoints): FieldError[] {
  return (subsets ?? []).flatMap((subset, index) => subsetErrors(subset, at('subsets').index(index)))
}

function subsetErrors({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, path: Path): FieldError[] {
  const empty = addresses.length === 0 && notReadyAddresses.length === 0
  return [
    ...(empty ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
    ...addresses.flatMap((address, index) => addressErrors(address, path.child('addresses').index(index))),
    ...notReadyAddresses.flatMap((address, index) => addressErrors(address, path.child('notReadyAddresses').index(index))),
    ...ports.flatMap((port, index) => portErrors(port, ports.length > 1, path.child('ports').index(index))),
  ]
}

function addressErrors({ ip = '', hostname, nodeName }: EndpointAddress, path: Path): FieldError[] {
  return [
    ...validateIP(ip, path.child('ip')),
    ...(hostname ? dnsLabel(hostname, path.child('hostname')) : []),
    ...(nodeName === undefined ? [] : objectName(nodeName, path.child('nodeName'))),
    ...validateNonSpecialIP(ip, path.child('ip')),
  ]
}

function portErrors({ name, port = 0, protocol, appProtocol }: EndpointPort, needsName: boolean, path: Path): FieldError[] {
  const namePath = path.child('name')
  return [
    ...(name ? dnsLabel(name, namePath) : needsName ? [required(namePath)] : []),
    ...invalidFor(path.child('port'), port, portNumber(port)),
    ...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], path.child('protocol')),
    ...(appProtocol === undefined ? [] : qualified(appProtocol, path.child('appProtocol'))),
  ]
}
