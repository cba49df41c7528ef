// Priority and fairness through the whole server: headers, rejections, watches, metrics, and the plain limits without it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settle } from '../core/harness.ts'
import { startProgram } from '../wire/server.ts'

describe('through the whole server', () => {
  it('answers name the schema and the level by uid, and are counted', async () => {
    const { call, close } = await startProgram()
    const schemas = await call('GET', '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/exempt')
    const levels = await call('GET', '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/exempt')
    assert.equal(levels.headers['x-kubernetes-pf-flowschema-uid'], schemas.body.metadata.uid)
    assert.equal(levels.headers['x-kubernetes-pf-prioritylevel-uid'], levels.body.metadata.uid)
    const { text } = await call('GET', '/metrics')
    assert.match(text, /apiserver_flowcontrol_dispatched_requests_total\{flow_schema="exempt",priority_level="exempt"\} \d/)
    assert.match(text, /apiserver_flowcontrol_nominal_limit_seats\{priority_level="workload-low"\} 245/)
    await close()
  })

  it('what finds no seat is 429 with Retry-After in plain text; system:masters and probes are not turned away', async () => {
    const { call, clock, server, close } = await startProgram()
    const level = {
      metadata: { name: 'tiny' },
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: 0, lendablePercent: 0, limitResponse: { type: 'Reject' } } },
    }
    const rule = {
      subjects: [{ kind: 'User', user: { name: 'alice' } }],
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
    }
    const schema = {
      metadata: { name: 'alice' },
      spec: { priorityLevelConfiguration: { name: 'tiny' }, matchingPrecedence: 50, rules: [rule] },
    }
    assert.equal((await call('POST', '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations', level)).code, 201)
    assert.equal((await call('POST', '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas', schema)).code, 201)
    await server.context.read.refresh()
    const alice = { authorization: 'Bearer alice-token' }
    // a level without seats serves one request at a time: the first is held by a waiting read
    const held = call('GET', '/api/v1/namespaces/default/configmaps/x?resourceVersion=999999', undefined, alice)
    await settle()
    const refused = await call('GET', '/api/v1/nodes', undefined, alice)
    assert.deepEqual([refused.code, refused.text], [429, 'Too many requests, please try again later.\n'])
    assert.equal(refused.headers['retry-after'], '1')
    assert.equal(refused.headers['content-type'], 'text/plain; charset=utf-8')
    assert.ok(refused.headers['x-kubernetes-pf-flowschema-uid'])
    assert.equal((await call('GET', '/api/v1/nodes')).code, 200)
    assert.notEqual((await call('GET', '/readyz', undefined, alice)).code, 429)
    await clock.advance(4000)
    await held
    assert.equal((await call('GET', '/api/v1/nodes', undefined, alice)).code, 200)
    const { text } = await call('GET', '/metrics')
    assert.match(text, /rejected_requests_total\{flow_schema="alice",priority_level="tiny",reason="concurrency-limit"\} 1/)
    await close()
  })

  it('a schema says whether its level is there', async () => {
    const { call, server, close } = await startProgram()
    const url = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas'
    const spec = { priorityLevelConfiguration: { name: 'none' }, matchingPrecedence: 9000 }
    await call('POST', url, { metadata: { name: 'lost' }, spec })
    await server.context.read.refresh()
    await call('GET', '/api/v1/nodes')
    for (let i = 0; i < 20; i++) await settle()
    const conditionOf = async (name: string) => (await call('GET', `${url}/${name}`)).body.status.conditions?.[0]
    assert.deepEqual([(await conditionOf('lost')).status, (await conditionOf('probes')).status], ['True', 'False'])
    assert.equal(
      (await conditionOf('lost')).message,
      'This FlowSchema references the PriorityLevelConfiguration object named "none" but there is no such object',
    )
    await close()
  })

  it('a watch holds its seats only until its state is sent', async () => {
    const { server, clock, call, close } = await startProgram()
    const watching = server.fastify.inject({
      url: '/api/v1/nodes?watch=1&timeoutSeconds=5',
      headers: { authorization: 'Bearer alice-token' },
    })
    await settle()
    const { text } = await call('GET', '/metrics')
    assert.match(text, /current_executing_seats\{priority_level="global-default"\} 0/)
    await clock.advance(6000)
    assert.equal((await watching).statusCode, 200)
    await close()
  })

  it('switched off, two limits count, and administrators pass', async () => {
    const { server, clock, call, close } = await startProgram({
      enablePriorityAndFairness: false,
      maxRequestsInflight: 1,
      maxMutatingRequestsInflight: 1,
    })
    const alice = { authorization: 'Bearer alice-token' }
    const held = server.fastify.inject({ url: '/api/v1/namespaces/default/configmaps/x?resourceVersion=999999', headers: alice })
    await settle()
    assert.equal((await call('GET', '/api/v1/nodes', undefined, alice)).code, 429)
    assert.equal((await call('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'a' } }, alice)).code, 201)
    assert.equal((await call('GET', '/api/v1/nodes')).code, 200)
    await clock.advance(4000)
    await held
    await close()
  })
})
