// CEL's Authz library: authorizer.group(…).resource(…).check(…), authorizer.path(…).check(…), and the decisions they give.
// https://pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Authz
import { fn, type Library, text } from './registry.ts'
import { CelError, noOverload, type ObjectValue, type Value } from './values.ts'

/** What is asked: a path, or a resource. */
export interface Check {
  verb: string
  path?: string
  group?: string
  version?: string
  resource?: string
  subresource?: string
  namespace?: string
  name?: string
  serviceAccount?: { namespace: string; name: string }
}

export interface CheckDecision {
  allowed: boolean
  reason: string
  error?: string
}

export type Decide = (check: Check) => CheckDecision

/** Values without fields that have methods only. */
abstract class Methods implements ObjectValue {
  readonly isObject = true
  abstract readonly typeName: string
  field(name: string): Value | undefined {
    throw new CelError(`no such field '${name}'`)
  }
  names(): readonly string[] {
    return []
  }
}

/** The variable `authorizer`; its one field, requestResource, is the resource of the request. */
export class CelAuthorizer extends Methods {
  readonly typeName = 'kubernetes.authorization.Authorizer'
  readonly decide: Decide
  readonly request: Omit<Check, 'verb'>
  readonly account: Check['serviceAccount']

  constructor(decide: Decide, request: Omit<Check, 'verb'>, account?: Check['serviceAccount']) {
    super()
    this.decide = decide
    this.request = request
    this.account = account
  }

  override field(name: string): Value | undefined {
    return name === 'requestResource' ? new Asked(this, this.request) : super.field(name)
  }
}

/** A path, a group or a resource, not yet checked. */
class Asked extends Methods {
  readonly typeName = 'kubernetes.authorization.ResourceCheck'
  readonly authorizer: CelAuthorizer
  readonly check: Omit<Check, 'verb'>

  constructor(authorizer: CelAuthorizer, check: Omit<Check, 'verb'>) {
    super()
    this.authorizer = authorizer
    this.check = check
  }
}

class Decided extends Methods {
  readonly typeName = 'kubernetes.authorization.Decision'
  readonly decision: CheckDecision

  constructor(decision: CheckDecision) {
    super()
    this.decision = decision
  }
}

function authorizerOf(value: Value | undefined): CelAuthorizer {
  if (!(value instanceof CelAuthorizer)) throw noOverload()
  return value
}

function askedOf(value: Value | undefined): Asked {
  if (!(value instanceof Asked)) throw noOverload()
  return value
}

function decisionOf(value: Value | undefined): CheckDecision {
  if (!(value instanceof Decided)) throw noOverload()
  return value.decision
}

/** One more word of what is asked. */
const word = (field: 'resource' | 'subresource' | 'namespace' | 'name') =>
  fn(2, ([target, value]) => {
    const { authorizer, check } = askedOf(target)
    return new Asked(authorizer, { ...check, [field]: text(value) })
  })

/** An authorization costs as much as this many steps. */
const checkSteps = 35_000

/** Methods of the library. */
export const authorizerMethods: Library = {
  path: fn(2, ([target, path]) => {
    const authorizer = authorizerOf(target)
    if (text(path) === '') throw new CelError('path must not be empty')
    return new Asked(authorizer, { path: text(path) })
  }),
  group: fn(2, ([target, group]) => new Asked(authorizerOf(target), { group: text(group) })),
  serviceAccount: fn(3, ([target, namespace, name]) => {
    const { decide, request } = authorizerOf(target)
    return new CelAuthorizer(decide, request, { namespace: text(namespace), name: text(name) })
  }),
  resource: word('resource'),
  subresource: word('subresource'),
  namespace: word('namespace'),
  name: word('name'),
  fieldSelector: fn(2, ([target]) => askedOf(target)),
  labelSelector: fn(2, ([target]) => askedOf(target)),
  check: fn(2, ([target, verb], spend) => {
    const { authorizer, check } = askedOf(target)
    spend(checkSteps)
    const { account } = authorizer
    return new Decided(authorizer.decide({ ...check, verb: text(verb), ...(account === undefined ? {} : { serviceAccount: account }) }))
  }),
  allowed: fn(1, ([target]) => decisionOf(target).allowed),
  reason: fn(1, ([target]) => decisionOf(target).reason),
  errored: fn(1, ([target]) => decisionOf(target).error !== undefined),
  error: fn(1, ([target]) => decisionOf(target).error ?? ''),
}
