// Rules of events as core/v1 has them; events.k8s.io/v1 is stricter on create. Words: pkg/apis/core/validation/events.go upstream.
import type { Event } from '../../../openapi/types/core/v1.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { byteLength, dns1123Subdomain, qualifiedName } from '../../apimachinery/names.ts'
import { invalidFor } from '../shared/checks.ts'

const wordMax = 128
const messageMax = 1024

/** An event, new or updated: the namespaces agree; with an eventTime it is of the new sort and must be complete. */
export function validateEvent(event: Event): FieldError[] {
  const namespace = event.metadata?.namespace ?? ''
  const errors = event.eventTime ? newEventErrors(event, namespace) : namespaceErrors(event, namespace)
  return [...errors, ...invalidFor(at('namespace'), namespace, dns1123Subdomain(namespace))]
}

function mismatch({ involvedObject }: Event): FieldError {
  return invalidValue(at('involvedObject', 'namespace'), involvedObject?.namespace ?? '', 'does not match event.namespace')
}

function namespaceErrors(event: Event, namespace: string): FieldError[] {
  const involved = event.involvedObject?.namespace
  const fits = involved ? involved === namespace : namespace === '' || namespace === 'default'
  return fits ? [] : [mismatch(event)]
}

function newEventErrors(event: Event, namespace: string): FieldError[] {
  const { reportingComponent: controller = '', reportingInstance = '', action = '', reason = '', message = '' } = event
  const errors: FieldError[] = []
  if (!event.involvedObject?.namespace && namespace !== 'default' && namespace !== 'kube-system') errors.push(mismatch(event))
  if (controller === '') errors.push(required('reportingController'))
  errors.push(...invalidFor(at('reportingController'), controller, qualifiedName(controller)))
  for (const [field, value] of Object.entries({ reportingInstance, action, reason })) {
    if (value === '') errors.push(required(field))
    if (byteLength(value) > wordMax) errors.push(invalidValue(field, '', `can have at most ${wordMax} characters`))
  }
  if (byteLength(message) > messageMax) errors.push(invalidValue('message', '', `can have at most ${messageMax} characters`))
  return errors
}
