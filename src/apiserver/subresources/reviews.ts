// Questions that are answered and not stored: who am I, whose token is this, may I.
import type { SelfSubjectReview, TokenReview, UserInfo } from '../../../openapi/types/authentication/v1.ts'
import type {
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '../../../openapi/types/authorization/v1.ts'
import type { Secret as SecretObject } from '../../../openapi/types/core/v1.ts'
import { badRequest } from '../../apimachinery/api-error.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { admitMutating, admitValidating } from '../admit.ts'
import type { TokenAuthenticator } from '../authentication/index.ts'
import type { ServiceAccountTokens } from '../authentication/service-account-tokens.ts'
import type { User } from '../authentication/user.ts'
import { expectedOf, readBody } from '../body.ts'
import type { Decision, RequestContext, ServerContext, Subresource } from '../context.ts'
import { writeOptions } from '../parameters.ts'
import type { RequestInfo } from '../request-info.ts'
import { throwInvalid } from '../store-errors.ts'
import { createWrite } from './request.ts'

export interface ReviewOptions {
  askToken: TokenAuthenticator
  tokens?: ServiceAccountTokens
  /** --api-audiences. */
  audiences: readonly string[]
  /** Told of each use of a token that lies in a Secret. */
  noteUse?: (secret: SecretObject) => void
}

/** What a review's body becomes. */
type Answered = (body: KubeObject, request: RequestContext, server: ServerContext) => KubeObject | Promise<KubeObject>

/** The handlers of all review kinds. */
export function reviews(options: ReviewOptions): Subresource[] {
  return [
    review('tokenreviews.authentication.k8s.io', (body, _request, server) => tokenReview(body as TokenReview, server, options)),
    review('selfsubjectreviews.authentication.k8s.io', selfSubjectReview),
    review('subjectaccessreviews.authorization.k8s.io', (body, _request, server) => accessReview(body as SubjectAccessReview, server)),
    review('localsubjectaccessreviews.authorization.k8s.io', (body, request, server) =>
      localAccessReview(body as SubjectAccessReview, request, server),
    ),
    review('selfsubjectaccessreviews.authorization.k8s.io', (body, request, server) =>
      accessReview(body as SubjectAccessReview, server, request.user),
    ),
    review('selfsubjectrulesreviews.authorization.k8s.io', selfSubjectRulesReview),
  ]
}

function review(resource: string, answered: Answered): Subresource {
  return {
    name: '',
    kinds: [resource],
    verbs: ['create'],
    handle: async (request, server) => {
      const { resolved } = request
      if (resolved === undefined) throw new Error('a review was asked without a kind')
      const { fieldValidation } = writeOptions(request.query, 'CreateOptions')
      const write = createWrite(server, request)
      const given = readBody(server, request, expectedOf(resolved), fieldValidation)
      const body = await admitMutating(write, 'CREATE', given, undefined)
      throwInvalid(resolved, '', resolved.kind.validate?.(body) ?? [])
      await admitValidating(write, 'CREATE', body, undefined)
      return { type: 'object', code: 201, object: await answered(body, request, server) }
    },
  }
}

async function tokenReview(
  body: TokenReview,
  server: ServerContext,
  { askToken, tokens, audiences, noteUse }: ReviewOptions,
): Promise<KubeObject> {
  const { token = '', audiences: asked = [] } = body.spec ?? {}
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const failed = (error: string) => ({ ...body, status: { user: {}, ...(error === '' ? {} : { error }) } }) as KubeObject
  const wanted = asked.length > 0 ? asked : audiences
  if (tokens?.isMine(token)) {
    try {
      const verified = await tokens.verify(token, server.read, wanted)
      if (verified.secret !== undefined) noteUse?.(verified.secret)
      return withUser(body, verified.user, asked.length > 0 ? verified.audiences : [])
    } catch (error) {
      return failed(`[invalid bearer token, ${(error as Error).message}]`)
    }
  }
  const user = await askToken(token)
  const shared = audiences.filter((audience) => wanted.includes(audience))
  if (user === undefined || (asked.length > 0 && shared.length === 0)) return failed('invalid bearer token')
  return withUser(body, user, asked.length > 0 ? shared : [])
}

function withUser(body: TokenReview, user: User, audiences: string[]): KubeObject {
  const known = { ...user, groups: user.groups.includes('system:authenticated') ? user.groups : [...user.groups, 'system:authenticated'] }
  return { ...body, status: { authenticated: true, user: userInfo(known), ...(audiences.length > 0 ? { audiences } : {}) } } as KubeObject
}

function selfSubjectReview(_body: KubeObject, { user }: RequestContext, { clock }: ServerContext): KubeObject {
  const answer: SelfSubjectReview = {
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { creationTimestamp: timestamp(clock.now()) },
    status: { userInfo: userInfo(user) },
  }
  return answer as KubeObject
}

function userInfo({ name, uid, groups, extra }: User): UserInfo {
  return {
    username: name,
    ...(uid ? { uid } : {}),
    ...(groups.length > 0 ? { groups: [...groups] } : {}),
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra: structuredClone(extra) as UserInfo['extra'] & object }),
  }
}

/** SubjectAccessReview; for the caller when `self` is given. */
async function accessReview(body: SubjectAccessReview, server: ServerContext, self?: User): Promise<KubeObject> {
  const { user = '', uid, groups = [], extra, resourceAttributes, nonResourceAttributes } = body.spec ?? {}
  const subject: User = self ?? { name: user, groups, ...(uid ? { uid } : {}), ...(extra === undefined ? {} : { extra }) }
  const info = resourceAttributes === undefined ? pathInfo(nonResourceAttributes ?? {}) : resourceInfo(resourceAttributes)
  const decision: Decision = (await server.authorize?.({ user: subject, info }, server.read)) ?? { allowed: true }
  const { allowed, reason } = decision
  return { ...body, status: { allowed, ...(reason ? { reason } : {}) } } as KubeObject
}

function localAccessReview(body: SubjectAccessReview, { info }: RequestContext, server: ServerContext): Promise<KubeObject> {
  const asked = body.spec?.resourceAttributes?.namespace ?? ''
  if (asked !== info.namespace) throw badRequest(`namespace ${asked || '""'} doesn't match ${info.namespace}`)
  return accessReview(body, server)
}

function resourceInfo(attributes: ResourceAttributes): RequestInfo {
  const { verb = '', group = '', version = '*', resource = '', subresource = '', name = '', namespace = '' } = attributes
  const empty = { path: '', parts: [], verbViaPathPrefix: false, apiPrefix: group === '' ? 'api' : 'apis' }
  return { ...empty, isResourceRequest: true, verb, group, version, resource, subresource, name, namespace }
}

function pathInfo({ verb = '', path = '' }: NonResourceAttributes): RequestInfo {
  return { ...resourceInfo({}), isResourceRequest: false, apiPrefix: '', version: '', verb, path }
}

/** While everything is allowed the answer is one rule; an authorizer that lists rules brings its own handler. */
function selfSubjectRulesReview(body: KubeObject, _request: RequestContext, server: ServerContext): KubeObject {
  if (!(body as SelfSubjectRulesReview).spec?.namespace) throw badRequest('no namespace on request')
  const everything = {
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    incomplete: false,
  }
  const unknown = {
    resourceRules: [],
    nonResourceRules: [],
    incomplete: true,
    evaluationError: 'the authorizer does not support user rule resolution',
  }
  return { ...body, status: server.authorize === undefined ? everything : unknown } as KubeObject
}
