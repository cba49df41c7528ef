// Defaults and validation of NetworkPolicies. Words: pkg/apis/networking upstream.
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../../openapi/types/networking/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { portName, portNumber } from '../../apimachinery/names.ts'
import { invalidFor, oneOfIfSet } from '../shared/checks.ts'
import type { CIDR } from '../shared/ip-addresses.ts'
import { ipText, maskedAddress, parseCIDR } from '../shared/ip-addresses.ts'
import { validateCIDR } from '../shared/validate-ip.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'

const policyTypes = ['Ingress', 'Egress']

/** TCP ports; without types a policy is for ingress, and for egress when it has egress rules. */
export function networkPolicyDefaults(policy: NetworkPolicy): void {
  const spec = (policy.spec ??= {} as NetworkPolicySpec)
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
  }
  if ((spec.policyTypes?.length ?? 0) === 0) spec.policyTypes = (spec.egress?.length ?? 0) > 0 ? ['Ingress', 'Egress'] : ['Ingress']
}

/** Rules of a new or changed policy; ranges in `known` were there before and are not judged again. */
export function networkPolicyErrors({ spec }: NetworkPolicy, known: ReadonlySet<string> = new Set()): FieldError[] {
  const path = at('spec')
  const errors = validateLabelSelector(spec?.podSelector, path.child('podSelector'))
  for (const [index, rule] of (spec?.ingress ?? []).entries()) {
    errors.push(...ruleErrors(rule.ports, rule.from, path.child('ingress').index(index), 'from', known))
  }
  for (const [index, rule] of (spec?.egress ?? []).entries()) {
    errors.push(...ruleErrors(rule.ports, rule.to, path.child('egress').index(index), 'to', known))
  }
  const types = spec?.policyTypes ?? []
  const typesPath = path.child('policyTypes')
  if (types.length > policyTypes.length) return [...errors, invalidValue(typesPath, types, 'may not specify more than two policyTypes')]
  for (const [index, type] of types.entries()) {
    if (!policyTypes.includes(type)) errors.push(notSupported(typesPath.index(index), type, policyTypes))
  }
  return errors
}

function ruleErrors(
  ports: readonly NetworkPolicyPort[] = [],
  peers: readonly NetworkPolicyPeer[] = [],
  path: Path,
  peersField: string,
  known: ReadonlySet<string>,
): FieldError[] {
  return [
    ...ports.flatMap((port, index) => portErrors(port, path.child('ports').index(index))),
    ...peers.flatMap((peer, index) => peerErrors(peer, path.child(peersField).index(index), known)),
  ]
}

function portErrors({ port, endPort, protocol }: NetworkPolicyPort, path: Path): FieldError[] {
  const errors = oneOfIfSet(protocol, ['TCP', 'UDP', 'SCTP'], path.child('protocol'))
  const endPath = path.child('endPort')
  if (port === undefined) {
    if (endPort !== undefined) errors.push(invalidValue(endPath, endPort, 'may not be specified when `port` is not specified'))
    return errors
  }
  if (typeof port === 'string') {
    if (endPort !== undefined) errors.push(invalidValue(endPath, endPort, 'may not be specified when `port` is non-numeric'))
    return [...errors, ...invalidFor(path.child('port'), port, portName(port))]
  }
  errors.push(...invalidFor(path.child('port'), port, portNumber(port)))
  if (endPort === undefined) return errors
  if (endPort < port) errors.push(invalidValue(endPath, port, 'must be greater than or equal to `port`'))
  return [...errors, ...invalidFor(endPath, endPort, portNumber(endPort))]
}

function peerErrors({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: Path, known: ReadonlySet<string>): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, path.child('podSelector')),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')),
    ...(ipBlock === undefined ? [] : blockErrors(ipBlock, path.child('ipBlock'), known)),
  ]
  const others = podSelector !== undefined || namespaceSelector !== undefined
  if (!others && ipBlock === undefined) errors.push(required(path, 'must specify a peer'))
  if (others && ipBlock !== undefined) errors.push(forbiddenField(path, 'may not specify both ipBlock and another peer'))
  return errors
}

function blockErrors({ cidr, except = [] }: IPBlock, path: Path, known: ReadonlySet<string>): FieldError[] {
  if (!cidr) return [required(path.child('cidr'))]
  const errors = known.has(cidr) ? [] : validateCIDR(cidr, path.child('cidr'))
  const range = parseCIDR(cidr)
  if (range === undefined) return errors
  for (const [index, text] of except.entries()) {
    const where = path.child('except').index(index)
    if (!known.has(text)) errors.push(...validateCIDR(text, where))
    const inner = parseCIDR(text)
    if (inner !== undefined && !(isWithin(inner, range) && inner.prefix > range.prefix)) {
      errors.push(invalidValue(where, text, 'must be a strict subset of `cidr`'))
    }
  }
  return errors
}

function isWithin(inner: CIDR, outer: CIDR): boolean {
  if (inner.address.family !== outer.address.family) return false
  return ipText(maskedAddress({ ...inner, prefix: outer.prefix })) === ipText(maskedAddress(outer))
}
