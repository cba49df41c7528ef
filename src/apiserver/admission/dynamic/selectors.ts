// namespaceSelector and objectSelector of webhooks and policies.
// Rules: k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/namespace and object.
import type { LabelSelector } from '../../../../openapi/types/meta/v1.ts'
import { Namespace } from '../../../api/core/namespace.ts'
import { notFound } from '../../../apimachinery/api-error.ts'
import type { KubeObject } from '../../../apimachinery/meta.ts'
import { isEverything, matchesLabels, type Selector, selectorFromObject } from '../../../apimachinery/selectors/label-selector.ts'
import type { AdmissionAttributes, Reader } from '../plugin.ts'
import type { Subject } from './subject.ts'

const everything: LabelSelector = {}
const parsed = new WeakMap<object, Selector>()

function selectorOf(given: LabelSelector = everything): Selector {
  let selector = parsed.get(given)
  if (selector === undefined) parsed.set(given, (selector = selectorFromObject(given)))
  return selector
}

/** Whether the labels of the request's namespace match; what is in no namespace always does. Throws 404 when the namespace is gone. */
export async function namespaceMatches(
  given: LabelSelector | undefined,
  subject: Subject,
  attributes: AdmissionAttributes,
  read: Reader,
): Promise<boolean> {
  const selector = selectorOf(given)
  if (isEverything(selector) || subject.namespace === '') return true
  const own = subject.isNamespace && subject.subresource === '' && subject.operation !== 'DELETE' ? attributes.object : undefined
  const namespace = own ?? (await namespaceOf(subject.namespace, read))
  return matchesLabels(selector, namespace.metadata?.labels)
}

/** The namespace of a request. Throws 404. */
export async function namespaceOf(name: string, read: Reader): Promise<KubeObject> {
  const known = read.get(Namespace, undefined, name)
  if (known !== undefined) return known
  await read.refresh()
  const found = read.get(Namespace, undefined, name)
  if (found === undefined) throw notFound(Namespace, name)
  return found
}

/** Whether the labels of the object match, as it is or as it was. */
export function objectMatches(given: LabelSelector | undefined, { object, oldObject }: AdmissionAttributes): boolean {
  const selector = selectorOf(given)
  if (isEverything(selector)) return true
  return [object, oldObject].some((one) => one !== undefined && matchesLabels(selector, one.metadata?.labels))
}
