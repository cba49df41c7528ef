// The server around the verbs: who asks, what may be asked, subresources and routes, what happens to bugs, and how it closes.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { ApiError } from '../../../src/apimachinery/api-error.ts'
import type { RequestContext, ServedRequest } from '../../../src/apiserver/context.ts'
import { configMap, configMaps, settle, start } from './harness.ts'

test('rule 61: the authorizer is asked with verb and resource; a refusal says who may not do what', async () => {
  const asked: string[] = []
  const k = await start(
    {},
    {
      authenticators: () => [({ headers }) => (headers.authorization === 'Bearer t' ? { name: 'u', groups: ['g'] } : undefined)],
      authorize:
        () =>
        ({ user, info }) => {
          asked.push(`${user.name} ${user.groups.join('+')} ${info.verb} ${info.resource || info.path}`)
          return { allowed: info.verb !== 'list' && info.path !== '/secret' }
        },
    },
  )
  const bearer = { authorization: 'Bearer t' }
  const { code, body } = await k.call('GET', configMaps, undefined, bearer)
  assert.equal(code, 403)
  assert.equal(
    body.message,
    'configmaps is forbidden: User "u" cannot list resource "configmaps" in API group "" in the namespace "default"',
  )
  const path = await k.call('GET', '/secret')
  assert.match(path.body.message, /forbidden: User "system:anonymous" cannot get path "\/secret"$/)
  await k.call('GET', `${configMaps}/a`, undefined, bearer)
  assert.deepEqual(asked, [
    'u g+system:authenticated list configmaps',
    'system:anonymous system:unauthenticated get /secret',
    'u g+system:authenticated get configmaps',
  ])
  await k.close()
})

test('rule 61: without anonymous access nobody is 401', async () => {
  const k = await start({ anonymousAuth: false })
  const { code, body } = await k.call('GET', configMaps)
  assert.deepEqual([code, body.reason, body.message], [401, 'Unauthorized', 'Unauthorized'])
  await k.close()
})

test('rule 17: creating by PUT asks the authorizer for create too', async () => {
  const k = await start(
    {},
    {
      authorize:
        () =>
        ({ info }) => ({ allowed: info.verb !== 'create' }),
    },
  )
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
  const { code, body } = await k.call('PUT', `${leases}/l`, { metadata: { name: 'l' }, spec: {} })
  assert.equal(code, 403)
  assert.match(body.message, /cannot create resource "leases"/)
  await k.close()
})

test('guarantees 2: exec needs the right to create, also as a GET', async () => {
  const k = await start(
    {},
    {
      authorize:
        () =>
        ({ info }) => ({ allowed: info.verb === 'get' }),
      subresources: [
        { name: 'exec', kinds: ['pods'], verbs: ['get'], handle: async () => ({ type: 'raw', body: '', contentType: 'text/plain' }) },
      ],
    },
  )
  const { code, body } = await k.call('GET', '/api/v1/namespaces/default/pods/p/exec')
  assert.equal(code, 403)
  assert.match(body.message, /cannot create resource "pods\/exec"/)
  await k.close()
})

test('admission: mutating plugins change the object in order, validating ones see the end and may refuse', async () => {
  const seen: string[] = []
  const k = await start(
    {},
    {
      admission: () => [
        { name: 'one', on: ['CREATE', 'UPDATE'], mutate: ({ object }) => void ((object as { data: object }).data = { one: '1' }) },
        { name: 'two', on: ['CREATE'], mutate: ({ object }) => void Object.assign((object as { data: object }).data, { two: '2' }) },
        {
          name: 'three',
          on: ['CREATE', 'UPDATE', 'DELETE'],
          validate: ({ operation, name, object, oldObject, warnings }) => {
            seen.push(`${operation} ${name} ${object !== undefined} ${oldObject !== undefined}`)
            warnings.push('seen')
            if (name === 'bad') throw new ApiError('Forbidden', 'not that one')
          },
        },
      ],
    },
  )
  const made = await k.call('POST', configMaps, configMap('a'))
  assert.deepEqual(made.body.data, { one: '1', two: '2' })
  assert.deepEqual([made.headers.warning].flat(), ['299 - "seen"'])
  assert.equal((await k.call('POST', configMaps, configMap('bad'))).body.message, 'not that one')
  assert.deepEqual((await k.call('PUT', `${configMaps}/a`, configMap('a'))).body.data, { one: '1' })
  await k.call('DELETE', `${configMaps}/a`)
  assert.deepEqual(seen, ['CREATE a true false', 'CREATE bad true false', 'UPDATE a true true', 'DELETE a false true'])
  await k.close()
})

test('subresources and routes are asked by name, kind and verb; a bug in one is 500 and the server lives on', async () => {
  const handled: string[] = []
  const echo = async ({ info }: RequestContext) => {
    handled.push(`${info.verb} ${info.name}/${info.subresource}`)
    return { type: 'raw', body: 'text', contentType: 'text/plain' } as const
  }
  const bug = () => {
    throw new TypeError('a bug')
  }
  const served: ServedRequest[] = []
  const k = await start(
    {},
    {
      subresources: [
        { name: 'log', kinds: ['pods'], verbs: ['get'], handle: echo },
        { name: 'binding', kinds: ['pods'], verbs: ['create'], handle: bug },
        { name: '', kinds: ['tokenreviews.authentication.k8s.io'], verbs: ['create'], handle: echo },
      ],
      routes: [{ path: '/version', handle: () => ({ type: 'raw', body: '{}', contentType: 'application/json' }) }],
      observe: () => (end) => served.push(end),
    },
  )
  const pod = '/api/v1/namespaces/default/pods/p'
  assert.equal((await k.call('GET', `${pod}/log`, undefined, { accept: 'text/plain' })).text, 'text')
  assert.equal((await k.call('POST', `${pod}/log`, {})).code, 405)
  assert.equal((await k.call('GET', `${pod}/nope`)).code, 404)
  assert.equal((await k.call('GET', `${pod}/log/more`)).code, 404)
  assert.equal((await k.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {})).text, 'text')
  const { code, body } = await k.call('POST', `${pod}/binding`, {})
  assert.deepEqual([code, body.reason, body.message], [500, 'InternalError', 'Internal error occurred: a bug'])
  assert.equal((await k.call('GET', '/version')).text, '{}')
  assert.equal((await k.call('POST', '/version', {})).code, 405)
  assert.deepEqual(handled, ['get p/log', 'create /'])
  assert.deepEqual(
    served.map((end) => end.code),
    [200, 405, 404, 404, 200, 500, 200, 405],
  )
  await k.close()
})

test('a hook of the server joins the writes of its kind: begin, then commit or revert, and the end of the object', async () => {
  const told: string[] = []
  const k = await start(
    {},
    {
      hooks: () => [
        {
          resource: 'configmaps',
          begin: (draft, old, { dryRun }) => {
            const what = `${old === undefined ? 'create' : 'update'} ${draft.metadata!.name}${dryRun ? ' dry' : ''}`
            Object.assign(draft, { data: { hooked: 'yes' } })
            return { commit: () => told.push(`${what} commit`), revert: () => told.push(`${what} revert`) }
          },
          afterDelete: ({ metadata }) => told.push(`delete ${metadata!.name}`),
        },
      ],
    },
  )
  assert.deepEqual((await k.call('POST', configMaps, configMap('a'))).body.data, { hooked: 'yes' })
  await k.call('POST', configMaps, configMap('a'))
  await k.call('POST', `${configMaps}?dryRun=All`, configMap('b'))
  await k.call('PUT', `${configMaps}/a`, configMap('a'))
  await k.call('DELETE', `${configMaps}/a?dryRun=All`)
  await k.call('DELETE', `${configMaps}/a`)
  assert.deepEqual(told, ['create a commit', 'create a revert', 'create b dry revert', 'update a commit', 'delete a'])
  await k.close()
})

test('Events live for an hour after their last write', async () => {
  const k = await start()
  const events = '/api/v1/namespaces/default/events'
  const event = (name: string) => ({ metadata: { name, namespace: 'default' }, involvedObject: { namespace: 'default' } })
  assert.equal((await k.call('POST', events, event('old'))).code, 201)
  await k.call('POST', events, event('renewed'))
  await k.clock.advance(1_800_000)
  await k.call('PATCH', `${events}/renewed`, { count: 2 }, { 'content-type': 'application/merge-patch+json' })
  await k.clock.advance(1_860_000)
  await settle()
  const { body } = await k.call('GET', events)
  assert.deepEqual(
    body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['renewed'],
  )
  await k.close()
})

test('a closing server refuses new requests and finishes those under way', async () => {
  const begun = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  const handle = async () => {
    begun.resolve()
    await finish.promise
    return { type: 'raw', body: 'done', contentType: 'text/plain' } as const
  }
  const k = await start({ bindAddress: '127.0.0.1', securePort: 0 }, { routes: [{ path: '/slow', handle }] })
  const url = await k.server.listen()
  const slow = fetch(`${url}/slow`)
  await begun.promise
  const closing = k.close()
  const refused = await k.server.fastify.inject({ url: configMaps })
  assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [429, '5'])
  finish.resolve()
  assert.equal(await (await slow).text(), 'done')
  await closing
})

test('what is no HTTP, and an upgrade nobody wants, do not stop the server', async () => {
  const k = await start({ bindAddress: '127.0.0.1', securePort: 0 })
  const url = new URL(await k.server.listen())
  const answers = await Promise.all(
    [
      '\x16\x03\x01garbage\r\n\r\n',
      `GET ${configMaps} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
      'GET /api/v1/nodes HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n',
    ].map(
      (text) =>
        new Promise<string>((resolve) => {
          const socket = connect(Number(url.port), url.hostname, () => socket.write(text))
          let all = ''
          socket.on('data', (piece) => {
            all += piece
            if (all.includes('\r\n\r\n')) socket.destroy()
          })
          socket.on('close', () => resolve(all.split('\r\n')[0]!))
          socket.on('error', () => {})
        }),
    ),
  )
  assert.deepEqual(answers, ['HTTP/1.1 400 Bad Request', 'HTTP/1.1 200 OK', 'HTTP/1.1 200 OK'])
  assert.equal((await fetch(`${url}api/v1/nodes`)).status, 200)
  await k.close()
})
