// What the expressions of a policy see: the request in the version asked for, its parameters, its namespace, and the policy's own variables,
// each evaluated when first read.
import type { Variable } from '../../../../openapi/types/admissionregistration/v1.ts'
import { CelError, type ObjectValue, type Value } from '../../../apimachinery/cel/values.ts'
import type { KubeObject } from '../../../apimachinery/meta.ts'
import type { AdmissionAttributes, Reader } from '../plugin.ts'
import { celAuthorizer } from './cel-authorizer.ts'
import { type Bindings, type Budget, bindingsOf, evaluate, expression } from './expressions.ts'
import type { DynamicServer } from './hooks.ts'
import type { Binding, Invocation, Policy } from './policies.ts'
import { admissionRequest } from './review.ts'
import { namespaceOf } from './selectors.ts'
import { kindIn, type Subject } from './subject.ts'
import { objectsIn } from './versioned-objects.ts'

/** Steps of all expressions of one policy over one object (upstream's budget, in our steps: about 100 ms). */
export const policyLimit = 2_000_000

/** The variables of a policy, as fields. */
class Variables implements ObjectValue {
  readonly isObject = true
  readonly typeName = 'kubernetes.variables'
  readonly #given: ReadonlyMap<string, string>
  readonly #done = new Map<string, Value | CelError>()
  readonly #underWay = new Set<string>()
  readonly #budget: Budget
  bindings: Bindings = () => []

  constructor(given: readonly Variable[], budget: Budget) {
    this.#given = new Map(given.map(({ name, expression: text }) => [name, text]))
    this.#budget = budget
  }

  field(name: string): Value | undefined {
    const text = this.#given.get(name)
    if (text === undefined) throw new CelError(`undefined field '${name}'`)
    let value = this.#done.get(name)
    if (value === undefined) this.#done.set(name, (value = this.#evaluated(name, text)))
    if (value instanceof CelError) throw value
    return value
  }

  names(): readonly string[] {
    return [...this.#given.keys()]
  }

  #evaluated(name: string, text: string): Value | CelError {
    if (this.#underWay.has(name)) return new CelError(`composited variable ${JSON.stringify(name)} refers to itself`)
    this.#underWay.add(name)
    const outcome = evaluate(expression(text), this.bindings, this.#budget)
    this.#underWay.delete(name)
    return outcome.error === undefined
      ? outcome.value
      : new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${outcome.error}`)
  }
}

/** Expressions over one parameter. */
export interface PolicyScope {
  bindings: Bindings
  /** The same, without the authorizer: for messages. */
  budget: Budget
}

/** The scope of an invocation for each of its parameters; the request is converted once. */
export async function scopesOf<P extends Policy, B extends Binding>(
  server: DynamicServer,
  { policy, form, params }: Invocation<P, B>,
  subject: Subject,
  attributes: AdmissionAttributes,
  read: Reader,
  budget: Budget,
): Promise<PolicyScope[]> {
  const objects = await objectsIn(form, subject, attributes)
  const resource = { group: form.group, version: form.version, resource: form.kind.resource }
  const kind = subject.foreign ? subject.kind : kindIn(form)
  const request = admissionRequest(subject, attributes, { uid: '', kind, resource, objects })
  const inNamespace = subject.namespace !== '' && !subject.isNamespace
  const namespaceObject = inNamespace ? shownNamespace(await namespaceOf(subject.namespace, read)) : undefined
  const authorizer = celAuthorizer(server, attributes, subject)
  return params.map((param) => {
    const variables = new Variables(policy.spec?.variables ?? [], budget)
    const bindings = bindingsOf({ ...objects, request, params: param, namespaceObject, authorizer, variables })
    variables.bindings = bindings
    return { bindings, budget }
  })
}

/** Namespaces are shown without what servers keep in them for themselves. */
function shownNamespace({ metadata = {}, ...rest }: KubeObject): KubeObject {
  const { managedFields: _managed, ownerReferences: _owners, selfLink: _link, ...shown } = metadata
  return { ...rest, metadata: shown }
}
