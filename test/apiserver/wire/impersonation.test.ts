// Impersonate-* headers through the whole server, and the modes by which an authorizer may allow them.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ApiError } from '../../../src/apimachinery/api-error.ts'
import type { User } from '../../../src/apiserver/authentication/user.ts'
import { impersonated } from '../../../src/apiserver/impersonation/modes.ts'
import { wantedUser } from '../../../src/apiserver/impersonation/wanted.ts'
import { requestInfo } from '../../../src/apiserver/request-info.ts'
import type { ProgramServer } from './server.ts'
import { startProgram } from './server.ts'

describe('impersonation', () => {
  let program: ProgramServer
  before(async () => {
    program = await startProgram()
  })
  after(() => program.close())
  const whoami = (headers: Record<string, string | string[]>) =>
    program.call(
      'POST',
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' },
      headers,
    )

  const cases: { name: string; given: Record<string, string | string[]>; want: object }[] = [
    { name: 'a user', given: { 'Impersonate-User': 'bob' }, want: { username: 'bob', groups: ['system:authenticated'] } },
    {
      name: 'groups, uid and extra',
      given: {
        'Impersonate-User': 'bob',
        'Impersonate-Group': ['devs', 'ops'],
        'Impersonate-Uid': 'u-1',
        'Impersonate-Extra-Scopes': ['view', 'edit'],
        'Impersonate-Extra-Acme.com%2fproject': 'x',
      },
      want: {
        username: 'bob',
        uid: 'u-1',
        groups: ['devs', 'ops', 'system:authenticated'],
        extra: { scopes: ['view', 'edit'], 'acme.com/project': ['x'] },
      },
    },
    {
      name: 'a service account gets its groups',
      given: { 'Impersonate-User': 'system:serviceaccount:default:builder' },
      want: {
        username: 'system:serviceaccount:default:builder',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      },
    },
    {
      name: 'a node gets its group',
      given: { 'Impersonate-User': 'system:node:n7' },
      want: { username: 'system:node:n7', groups: ['system:nodes', 'system:authenticated'] },
    },
    {
      name: 'nobody',
      given: { 'Impersonate-User': 'system:anonymous' },
      want: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
    },
    {
      name: 'system:unauthenticated, when asked for, stands alone',
      given: { 'Impersonate-User': 'bob', 'Impersonate-Group': 'system:unauthenticated' },
      want: { username: 'bob', groups: ['system:unauthenticated'] },
    },
  ]
  for (const { name, given, want } of cases) {
    it(`as ${name}`, async () => {
      const reply = await whoami(given)
      assert.equal(reply.code, 201, reply.text)
      assert.deepEqual(reply.body.status.userInfo, want)
    })
  }

  it('needs a user name', async () => {
    const reply = await whoami({ 'Impersonate-Group': 'devs' })
    assert.equal(reply.code, 400)
    assert.equal(
      reply.body.message,
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"devs"}, Extra:map[string][]string(nil)} without impersonating a user name',
    )
  })

  it('comes after authentication', async () => {
    assert.equal((await whoami({ authorization: 'Bearer nonsense', 'Impersonate-User': 'bob' })).code, 401)
  })
})

describe('an authorizer is asked', () => {
  const info = requestInfo('GET', '/api/v1/namespaces/default/pods', new URLSearchParams())
  const refuse = () => new ApiError('Forbidden', 'no')
  /** Allows the verbs named; returns who it becomes and what was asked. */
  const asked = async (requester: User, headers: string[], allowed: (verb: string) => boolean) => {
    const questions: string[] = []
    const result = await impersonated(
      async (_user, what) => {
        questions.push(`${what.verb} ${what.resource}${what.subresource === '' ? '' : `/${what.subresource}`} ${what.name}`.trim())
        if (!allowed(what.verb)) throw refuse()
      },
      requester,
      wantedUser(headers)!,
      info,
    ).catch((error: Error) => error.message)
    return { result, questions }
  }
  const alice: User = { name: 'alice', groups: [] }

  it('first for the constrained right on the request and on the name', async () => {
    const { result, questions } = await asked(alice, ['Impersonate-User', 'bob'], () => true)
    assert.deepEqual(questions, ['impersonate-on:user-info:list pods', 'impersonate:user-info users bob'])
    assert.deepEqual(result, { user: { name: 'bob', groups: ['system:authenticated'] }, constraint: 'impersonate:user-info' })
  })

  it('then for the old right', async () => {
    const { result, questions } = await asked(
      alice,
      ['Impersonate-User', 'bob', 'Impersonate-Group', 'g', 'Impersonate-Extra-K', 'v'],
      (verb) => verb === 'impersonate',
    )
    assert.deepEqual(questions, [
      'impersonate-on:user-info:list pods',
      'impersonate users bob',
      'impersonate groups g',
      'impersonate userextras/k v',
    ])
    assert.equal((result as { constraint?: string }).constraint, undefined)
  })

  it('never constrained for system:masters', async () => {
    const { questions } = await asked(alice, ['Impersonate-User', 'bob', 'Impersonate-Group', 'system:masters'], () => true)
    assert.ok(questions.includes('impersonate groups system:masters'))
    assert.ok(!questions.includes('impersonate:user-info groups system:masters'))
  })

  it('about its own node, for an account that runs there', async () => {
    const agent: User = {
      name: 'system:serviceaccount:kube-system:agent',
      groups: [],
      extra: { 'authentication.kubernetes.io/node-name': ['n1'] },
    }
    const { questions } = await asked(agent, ['Impersonate-User', 'system:node:n1'], () => true)
    assert.deepEqual(questions, ['impersonate-on:associated-node:list pods', 'impersonate:associated-node nodes *'])
  })

  it('and refuses with the first reason', async () => {
    assert.equal((await asked(alice, ['Impersonate-User', 'bob'], () => false)).result, 'no')
  })
})
