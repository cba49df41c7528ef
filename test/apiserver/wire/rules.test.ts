// Rules of the wire protocol by their numbers, through the whole server: those that test/apiserver/core does not show.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { settle } from '../core/harness.ts'
import type { ProgramServer } from './server.ts'
import { startProgram } from './server.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const _pods = '/api/v1/namespaces/default/pods'
const podSpec = { containers: [{ name: 'c', image: 'nginx' }] }
const deployment = (name: string) => ({
  metadata: { name },
  spec: { selector: { matchLabels: { a: name } }, template: { metadata: { labels: { a: name } }, spec: podSpec } },
})

describe('wire rules', () => {
  let program: ProgramServer
  const call: ProgramServer['call'] = (...args) => program.call(...args)
  before(async () => {
    program = await startProgram()
    await call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
    await program.server.context.read.refresh()
  })
  after(() => program.close())

  test('B2 discovery says what an eviction is, and content types carry the form asked for', async () => {
    const { body } = await call('GET', '/api/v1')
    const eviction = body.resources.find(({ name }: { name: string }) => name === 'pods/eviction')
    assert.deepEqual([eviction.kind, eviction.group, eviction.version], ['Eviction', 'policy', 'v1'])
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'
    const reply = await call('GET', '/apis', undefined, { accept })
    assert.equal(reply.headers['content-type'], 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList')
    assert.ok(reply.body.items.length > 10)
  })

  test('B3 OpenAPI v3 says that patches take fieldValidation, under a hash that does not go stale', async () => {
    const root = await call('GET', '/openapi/v3', undefined, { accept: 'application/json, */*' })
    const { serverRelativeURL } = root.body.paths['apis/apps/v1']
    const { body, headers } = await call('GET', `${serverRelativeURL}&timeout=32s`, undefined, { accept: 'application/json' })
    assert.match(String(headers['cache-control']), /immutable/)
    const patch = body.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch
    assert.ok(patch.parameters.some(({ name }: { name: string }) => name === 'fieldValidation'))
    assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'apps', kind: 'Deployment', version: 'v1' })
    assert.ok(patch.requestBody.content['application/strategic-merge-patch+json'])
  })

  test('B3 OpenAPI v2 in protobuf for old clients, 304 for those who have it', async () => {
    for (const type of [
      'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
      'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    ]) {
      const reply = await call('GET', '/openapi/v2', undefined, { accept: type })
      assert.equal(reply.code, 200)
      const again = await call('GET', '/openapi/v2', undefined, { accept: type, 'if-none-match': String(reply.headers['etag']) })
      assert.equal(again.code, 304)
    }
  })

  test('C18 PUT with another uid is 409 Precondition failed, PATCH of the uid 422', async () => {
    await call('POST', configMaps, { metadata: { name: 'c18' } })
    const put = await call('PUT', `${configMaps}/c18`, { metadata: { name: 'c18', uid: 'x' } })
    assert.equal(put.code, 409)
    assert.match(put.body.message, /Precondition failed: UID in precondition: x, UID in object meta: /)
    const patch = await call('PATCH', `${configMaps}/c18`, { metadata: { uid: 'x' } }, { 'content-type': 'application/merge-patch+json' })
    assert.deepEqual([patch.code, patch.body.reason], [422, 'Invalid'])
    assert.match(patch.body.message, /metadata.uid: Invalid value: "x": field is immutable/)
  })

  test('C28 null and empty structs that Go clients send are taken, and zero fields that Go leaves out stay out', async () => {
    const given = {
      ...deployment('c28'),
      status: {},
      metadata: { name: 'c28', creationTimestamp: null },
      spec: { ...deployment('c28').spec, strategy: {}, paused: null },
    }
    const { code, body } = await call('POST', '/apis/apps/v1/namespaces/default/deployments', given)
    assert.equal(code, 201)
    assert.equal(body.spec.strategy.type, 'RollingUpdate')
    assert.equal('paused' in body.spec, false)
    const rc = await call('POST', '/api/v1/namespaces/default/replicationcontrollers', {
      ...deployment('c28'),
      spec: { template: deployment('c28').spec.template },
    })
    assert.equal(rc.code, 201, rc.text)
    assert.equal('minReadySeconds' in rc.body.spec, false)
  })

  test('C31 merge keys: ports of a service by port, tolerations replaced, topology constraints by key', async () => {
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
    const ports = [
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ]
    await call('POST', '/api/v1/namespaces/default/services', { metadata: { name: 'c31' }, spec: { ports } })
    const service = await call(
      'PATCH',
      '/api/v1/namespaces/default/services/c31',
      { spec: { ports: [{ port: 81, name: 'z' }] } },
      strategic,
    )
    assert.deepEqual(
      service.body.spec.ports.map(({ name }: { name: string }) => name),
      ['a', 'z'],
    )
    await call('DELETE', '/api/v1/namespaces/default/services/c31')
  })

  test('C35 apply: who drops a field gives it up, equal values are shared', async () => {
    const apply = (manager: string, data: object, more = '') =>
      call(
        'PATCH',
        `${configMaps}/c35?fieldManager=${manager}${more}`,
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c35' }, data },
        { 'content-type': 'application/apply-patch+yaml' },
      )
    assert.equal((await apply('one', { a: '1', b: '2' })).code, 201)
    assert.equal((await apply('two', { b: '2' })).code, 200)
    assert.deepEqual((await apply('one', {})).body.data, { b: '2' })
    assert.equal((await apply('two', {})).body.data, undefined)
  })

  test('C38 deletion options may carry what this server has no use for', async () => {
    await call('POST', configMaps, { metadata: { name: 'c38' } })
    const reply = await call('DELETE', `${configMaps}/c38`, { ignoreStoreReadErrorWithClusterBreakingPotential: false })
    assert.deepEqual([reply.code, reply.body.status, 'reason' in reply.body, 'code' in reply.body], [200, 'Success', false, false])
  })

  test('C45 a pod whose service account is not there is 403', async () => {
    await call('POST', '/api/v1/namespaces', { metadata: { name: 'c45' } })
    await program.server.context.read.refresh()
    const pending = call('POST', '/api/v1/namespaces/c45/pods', { metadata: { name: 'p' }, spec: podSpec })
    for (let i = 0; i < 20; i++) {
      await settle()
      await program.clock.advance(1000)
    }
    const { code, body } = await pending
    assert.equal(code, 403)
    assert.match(body.message, /error looking up service account c45\/default: serviceaccount "default" not found/)
  })

  test('C46 a scale has its selector as a string and the identity of its parent', async () => {
    const url = '/apis/apps/v1/namespaces/default/deployments'
    const parent = (await call('POST', url, deployment('c46'))).body
    const { body } = await call('GET', `${url}/c46/scale`)
    assert.deepEqual([body.kind, body.apiVersion, body.status.selector], ['Scale', 'autoscaling/v1', 'a=c46'])
    assert.deepEqual([body.metadata.uid, body.metadata.resourceVersion], [parent.metadata.uid, parent.metadata.resourceVersion])
  })
})
