// serviceaccounts/token: a signed token for an account, bound to a pod, node or secret if asked (wire.md 49).
import type { TokenRequest } from '../../../openapi/types/authentication/v1.ts'
import type { Pod as PodObject, ServiceAccount as ServiceAccountObject } from '../../../openapi/types/core/v1.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod/index.ts'
import { Secret } from '../../api/core/secret.ts'
import { ApiError, badRequest, conflict, invalid, notFound } from '../../apimachinery/api-error.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import { at, type FieldError, invalidValue } from '../../apimachinery/field-errors.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import { type KubeObject, splitApiVersion } from '../../apimachinery/meta.ts'
import { admitMutating, admitValidating } from '../admit.ts'
import type { ServiceAccountTokens, TokenOrder } from '../authentication/service-account-tokens.ts'
import { expectedType, readBody } from '../body.ts'
import { objectOf } from '../codec.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from '../context.ts'
import { writeOptions } from '../parameters.ts'
import { readEntry, type Write } from '../store.ts'
import { createWrite, writeTo } from './request.ts'

const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
const defaultSeconds = 3600
const minSeconds = 600
/** What the ServiceAccount plugin asks for: such tokens live a year, so that old clients which never reread them go on (warned after an hour). */
const automaticSeconds = 3607
const extendedSeconds = 365 * 24 * 60 * 60

/** The handler; `tokens` signs. */
export function serviceAccountToken(tokens: ServiceAccountTokens): Subresource {
  return { name: 'token', kinds: ['serviceaccounts'], verbs: ['create'], handle: (request, server) => handle(request, server, tokens) }
}

async function handle(request: RequestContext, server: ServerContext, tokens: ServiceAccountTokens): Promise<Answer> {
  const { fieldValidation } = writeOptions(request.query, 'CreateOptions')
  const expected = expectedType('authentication.k8s.io', 'v1', 'TokenRequest')
  const body = readBody(server, request, { ...expected, anyGroup: true }, fieldValidation) as TokenRequest
  const write = createWrite(server, request)
  const account = objectOf(write.resolved.kind, await readEntry(write)) as ServiceAccountObject
  const now = server.clock.now()
  const given = completed(body, account, write, tokens, now)
  const admitted = (await admitMutating(write, 'CREATE', given as KubeObject, undefined)) as TokenRequest
  checkRequest(admitted)
  await admitValidating(write, 'CREATE', admitted as KubeObject, undefined)
  const { expirationSeconds = defaultSeconds, audiences = [] } = admitted.spec ?? {}
  const bound = await boundTo(write, admitted)
  const own = audiences.every((audience) => tokens.audiences.includes(audience))
  const extend = bound.pod !== undefined && expirationSeconds === automaticSeconds && own
  const lifetime = extend ? { expirationSeconds: extendedSeconds, warnAfterSeconds: expirationSeconds } : { expirationSeconds }
  const status = {
    token: tokens.issue({ account, audiences, ...lifetime, ...bound }),
    expirationTimestamp: timestamp(now + expirationSeconds * 1000),
  }
  return {
    type: 'object',
    code: 201,
    object: { ...admitted, kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', status } as KubeObject,
  }
}

/** The request with the account's identity and the defaults. Throws when it names another account. */
function completed(
  body: TokenRequest,
  account: ServiceAccountObject,
  write: Write,
  tokens: ServiceAccountTokens,
  now: number,
): TokenRequest {
  const { name, namespace, uid } = body.metadata ?? {}
  const own = account.metadata ?? {}
  const errors: FieldError[] = []
  if (name && name !== write.name)
    errors.push(invalidValue(at('metadata', 'name'), name, 'must match the service account name if specified'))
  if (namespace && namespace !== write.namespace) {
    errors.push(invalidValue(at('metadata', 'namespace'), namespace, 'must match the service account namespace if specified'))
  }
  if (errors.length > 0) throw invalid(kind, write.name, errors)
  if (uid && uid !== own.uid) {
    const text = `the UID in the token request (${uid}) does not match the UID of the service account (${own.uid})`
    throw conflict({ group: kind.group, resource: kind.kind }, write.name, text)
  }
  const audiences = body.spec?.audiences?.length ? body.spec.audiences : [...tokens.audiences]
  return {
    ...body,
    metadata: { ...body.metadata, name: own.name!, namespace: own.namespace!, uid: own.uid!, creationTimestamp: timestamp(now) },
    spec: { ...body.spec, audiences, expirationSeconds: body.spec?.expirationSeconds ?? defaultSeconds },
  }
}

function checkRequest({ spec }: TokenRequest): void {
  const seconds = spec?.expirationSeconds ?? defaultSeconds
  const path = at('spec', 'expirationSeconds')
  const errors: FieldError[] = []
  if (seconds < minSeconds) errors.push(invalidValue(path, seconds, 'may not specify a duration less than 10 minutes'))
  if (seconds > 2 ** 32) errors.push(invalidValue(path, seconds, 'may not specify a duration larger than 2^32 seconds'))
  if (errors.length > 0) throw invalid(kind, '', errors)
}

/** The objects that the token depends on. Throws 404, 400, 409. */
async function boundTo(write: Write, { spec }: TokenRequest): Promise<Pick<TokenOrder, 'pod' | 'node' | 'secret'>> {
  const ref = spec?.boundObjectRef
  if (ref === undefined) return {}
  const { group, version } = splitApiVersion(ref.apiVersion ?? '')
  const name = ref.name ?? ''
  const read = async <T extends KubeObject>(of: Kind<T>, namespace: string | undefined): Promise<T> => {
    if (name === '') throw notFound(of, name)
    const found = objectOf(of, await readEntry(writeTo(write, of, namespace, name)))
    if (ref.uid && found.metadata?.uid !== ref.uid) {
      const text = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`
      throw conflict({ group, resource: ref.kind ?? '' }, name, text)
    }
    return found
  }
  if (group === '' && ref.kind === 'Pod') return withNode(write, await read(Pod, write.namespace))
  if (group === '' && ref.kind === 'Node') return { node: await read(Node, undefined) }
  if (group === '' && ref.kind === 'Secret') return { secret: await read(Secret, write.namespace) }
  throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${ref.kind ?? ''}`)
}

function withNode(write: Write, pod: PodObject): Pick<TokenOrder, 'pod' | 'node'> {
  if (pod.spec?.serviceAccountName !== write.name) {
    throw new ApiError(
      'BadRequest',
      `cannot bind token for serviceaccount ${JSON.stringify(write.name)} to pod running with different serviceaccount name.`,
    )
  }
  const nodeName = pod.spec.nodeName
  if (!nodeName) return { pod }
  return { pod, node: write.server.read.get(Node, undefined, nodeName) ?? { metadata: { name: nodeName } } }
}
