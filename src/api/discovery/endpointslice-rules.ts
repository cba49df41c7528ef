// Validation of EndpointSlices. Words: pkg/apis/discovery/validation upstream.
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../../../openapi/types/discovery/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, duplicate, invalidValue, required, tooMany } from '../../apimachinery/field-errors.ts'
import { dns1123Label, dns1123Subdomain, labelValueErrors } from '../../apimachinery/names.ts'
import { immutableField, validateLabels } from '../../apimachinery/object-meta.ts'
import { dnsLabel, dnsSubdomain, invalidFor, oneOf, qualified } from '../shared/checks.ts'
import { ipFamily } from '../shared/ip-addresses.ts'
import { validateCanonicalIP, validateIP, validateNonSpecialIP } from '../shared/validate-ip.ts'

const maxEndpoints = 1000
const maxAddresses = 100
const maxPorts = 20000
const maxTopologyLabels = 16
const maxHints = 8

/** Rules of the address type and the ports. */
export function endpointSliceErrors({ addressType, ports = [] }: EndpointSlice): FieldError[] {
  const errors = oneOf(addressType, ['FQDN', 'IPv4', 'IPv6'], at('addressType'))
  const path = at('ports')
  if (ports.length > maxPorts) return [...errors, tooMany(path, ports.length, maxPorts)]
  const names = new Set<string>()
  return [...errors, ...ports.flatMap((port, index) => portErrors(port, names, path.index(index)))]
}

function portErrors({ name = '', protocol, appProtocol }: EndpointPort, names: Set<string>, path: Path): FieldError[] {
  const errors = name === '' ? [] : dnsLabel(name, path.child('name'))
  if (names.has(name)) errors.push(duplicate(path.child('name'), name))
  names.add(name)
  errors.push(...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], path.child('protocol')))
  return appProtocol === undefined ? errors : [...errors, ...qualified(appProtocol, path.child('appProtocol'))]
}

/** Rules of the endpoints. */
export function endpointsErrors({ addressType, endpoints = [] }: EndpointSlice): FieldError[] {
  const path = at('endpoints')
  if (endpoints.length > maxEndpoints) return [tooMany(path, endpoints.length, maxEndpoints)]
  return endpoints.flatMap((endpoint, index) => endpointErrors(endpoint, addressType, path.index(index)))
}

/** Endpoints that did not change are not judged again; the address type never changes. */
export function endpointSliceUpdateErrors(slice: EndpointSlice, old: EndpointSlice): FieldError[] {
  return [
    ...(semanticEqual(slice.endpoints, old.endpoints) ? [] : endpointsErrors(slice)),
    ...immutableField(slice.addressType, old.addressType, at('addressType')),
  ]
}

function endpointErrors(endpoint: Endpoint, addressType: string, path: Path): FieldError[] {
  const { addresses = [], nodeName, deprecatedTopology, hostname, hints } = endpoint
  const list = path.child('addresses')
  const errors: FieldError[] = []
  if (addresses.length === 0) errors.push(required(list, 'must contain at least 1 address'))
  if (addresses.length > maxAddresses) errors.push(tooMany(list, addresses.length, maxAddresses))
  errors.push(...addresses.flatMap((address, index) => addressErrors(address, addressType, list, index)))
  if (nodeName !== undefined) errors.push(...dnsSubdomain(nodeName, path.child('nodeName')))
  const topology = path.child('deprecatedTopology')
  const labels = Object.keys(deprecatedTopology ?? {}).length
  if (labels > maxTopologyLabels) errors.push(tooMany(topology, labels, maxTopologyLabels))
  errors.push(...validateLabels(deprecatedTopology, topology))
  if (hostname !== undefined) errors.push(...dnsLabel(hostname, path.child('hostname')))
  return hints === undefined ? errors : [...errors, ...hintsErrors(hints, path.child('hints'))]
}

function addressErrors(address: string, type: string, list: Path, index: number): FieldError[] {
  const path = list.index(index)
  if (type === 'FQDN') return fullyQualifiedName(address, path)
  if (type !== 'IPv4' && type !== 'IPv6') return []
  const errors = type === 'IPv4' ? validateIP(address, path) : validateCanonicalIP(address, path)
  if (errors.length > 0) return errors
  if (ipFamily(address) !== (type === 'IPv4' ? 4 : 6)) errors.push(invalidValue(list, address, `must be an ${type} address`))
  return [...errors, ...validateNonSpecialIP(address, path)]
}

function fullyQualifiedName(name: string, path: Path): FieldError[] {
  if (name === '') return [required(path)]
  const domain = name.endsWith('.') ? name.slice(0, -1) : name
  const messages = dns1123Subdomain(domain)
  if (messages.length > 0) return [invalidValue(path, domain, messages.join(','))]
  const labels = domain.split('.')
  if (labels.length < 2) return [invalidValue(path, domain, 'should be a domain with at least two segments separated by dots')]
  const bad = labels.find((label) => dns1123Label(label).length > 0)
  return bad === undefined ? [] : [invalidValue(path, bad, dns1123Label(bad).join(','))]
}

function hintsErrors({ forZones = [], forNodes = [] }: EndpointHints, path: Path): FieldError[] {
  const zones = path.child('forZones')
  const nodes = path.child('forNodes')
  if (forZones.length > maxHints) return [tooMany(zones, forZones.length, maxHints)]
  const errors = hintErrors(forZones, labelValueErrors, zones)
  if (forNodes.length > maxHints) return [...errors, tooMany(nodes, forNodes.length, maxHints)]
  return [...errors, ...hintErrors(forNodes, dns1123Subdomain, nodes)]
}

function hintErrors(hints: readonly { name: string }[], check: (name: string) => string[], list: Path): FieldError[] {
  const seen = new Set<string>()
  return hints.flatMap(({ name }, index) => {
    const path = list.index(index).child('name')
    const errors = seen.has(name) ? [duplicate(path, name)] : []
    seen.add(name)
    return [...errors, ...invalidFor(path, name, check(name))]
  })
}
