// Strategy and validation of APIServices. Words: kube-aggregator's pkg/apis/apiregistration/validation.
import type { APIService } from '../../../openapi/types/apiregistration/v1.ts'
import { base64Bytes } from '../../apimachinery/base64.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import type { WriteContext } from '../../apimachinery/kind.ts'
import { dns1035Label, pathSegmentName, portNumber } from '../../apimachinery/names.ts'
import { dnsSubdomain, invalidFor, requireText } from '../shared/checks.ts'

/** A group version of this server itself is available at once. */
export function markLocal(apiService: APIService, { now }: WriteContext): void {
  if (apiService.spec?.service !== undefined) return
  const condition = {
    type: 'Available',
    status: 'True',
    lastTransitionTime: timestamp(now),
    reason: 'Local',
    message: 'Local APIServices are always available',
  }
  apiService.status = { conditions: [condition] }
}

/** Rules of a new or changed APIService. */
export function apiServiceErrors({ metadata, spec }: APIService): FieldError[] {
  const path = at('spec')
  const { group = '', version = '', groupPriorityMinimum: groupPriority = 0, versionPriority = 0 } = spec ?? {}
  const errors: FieldError[] = []
  const name = metadata?.name ?? ''
  const wanted = `${version}.${group}`
  if (pathSegmentName(name).length === 0 && name !== wanted) {
    errors.push(invalidValue(at('metadata', 'name'), name, `must be \`spec.version+"."+spec.group\`: "${wanted}"`))
  }
  if (group === '' && version !== 'v1') {
    errors.push(required(path.child('group'), 'only v1 may have an empty group and it better be legacy kube'))
  }
  if (group !== '') errors.push(...dnsSubdomain(group, path.child('group')))
  errors.push(...invalidFor(path.child('version'), version, dns1035Label(version)))
  if (groupPriority <= 0 || groupPriority > 20000) {
    errors.push(invalidValue(path.child('groupPriorityMinimum'), groupPriority, 'must be positive and less than 20000'))
  }
  if (versionPriority <= 0 || versionPriority > 1000) {
    errors.push(invalidValue(path.child('versionPriority'), versionPriority, 'must be positive and less than 1000'))
  }
  return [...errors, ...targetErrors(spec)]
}

function targetErrors(spec: APIService['spec']): FieldError[] {
  const path = at('spec')
  const { service, caBundle = '', insecureSkipTLSVerify: insecure = false } = spec ?? {}
  const insecurePath = path.child('insecureSkipTLSVerify')
  if (service === undefined) {
    const errors: FieldError[] = []
    if (caBundle !== '') {
      errors.push(invalidValue(path.child('caBundle'), `${base64Bytes(caBundle)} bytes`, 'local APIServices may not have a caBundle'))
    }
    if (insecure) errors.push(invalidValue(insecurePath, insecure, 'local APIServices may not have insecureSkipTLSVerify'))
    return errors
  }
  const port = service.port ?? 0
  const messages = portNumber(port)
  return [
    ...requireText(service.namespace, path.child('service', 'namespace')),
    ...requireText(service.name, path.child('service', 'name')),
    ...(messages.length > 0 ? [invalidValue(path.child('service', 'port'), port, `port is not valid: ${messages.join(', ')}`)] : []),
    ...(insecure && caBundle !== '' ? [invalidValue(insecurePath, insecure, 'may not be true if caBundle is present')] : []),
  ]
}

/** Rules of a status write. */
export function apiServiceStatusErrors({ status }: APIService): FieldError[] {
  const words = ['True', 'False', 'Unknown']
  return (status?.conditions ?? []).flatMap((condition, index) => {
    const path = at('status', 'conditions').index(index).child('status')
    return words.includes(condition.status) ? [] : [notSupported(path, condition.status, words)]
  })
}
