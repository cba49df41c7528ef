import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openEmbedded } from '../../../src/storage/embedded/embedded.ts'
import { settle, start, summary } from '../core/harness.ts'
import { definition, version, workflows } from './definitions.ts'
import { conditionOf, crds, serving, until } from './served.ts'

const flows = '/apis/flow.example.com/v1alpha1/namespaces/default/workflows'
const crd = `${crds}/workflows.flow.example.com`
const merge = { 'content-type': 'application/merge-patch+json' }

test('a definition takes its objects with it, waits for their finalizers, and ends their watches', async () => {
  const server = await serving(workflows)
  for (const name of ['a', 'b', 'c']) await server.call('POST', flows, { metadata: { name }, spec: {} })
  await server.call('POST', flows, { metadata: { name: 'held', finalizers: ['example.com/wait'] }, spec: {} })
  const watch = await server.watch(`${flows}?watch=true&resourceVersion=${(await server.call('GET', flows)).body.metadata.resourceVersion}`)
  const deleted = await server.call('DELETE', crd)
  assert.equal(deleted.code, 200)
  assert.deepEqual(deleted.body.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io'])
  assert.equal(conditionOf(deleted.body, 'Terminating')?.reason, 'InstanceDeletionPending')
  await until(server, flows, (body) => body.items.length === 1)
  const waiting = (await server.call('GET', crd)).body
  assert.deepEqual(
    [conditionOf(waiting, 'Terminating')?.status, conditionOf(waiting, 'Terminating')?.reason],
    ['True', 'InstanceDeletionInProgress'],
  )
  const late = await server.call('POST', flows, { metadata: { name: 'late' }, spec: {} })
  assert.equal(late.code, 403)
  assert.equal(
    late.body.message,
    'workflows.flow.example.com "late" is forbidden: create not allowed while custom resource definition is terminating',
  )
  await server.call('PATCH', `${flows}/held`, { metadata: { finalizers: null } }, merge)
  await until(server, crd, (body) => body.code === 404)
  assert.equal((await server.call('GET', flows)).code, 404)
  assert.equal((await server.call('GET', '/apis/flow.example.com')).code, 404)
  await server.clock.advance(200)
  assert.equal(summary(await watch.rest()), 'DELETED a, DELETED b, DELETED c, MODIFIED held, DELETED held')
  await server.close()
})

test('the same definition again starts empty', async () => {
  const server = await serving(workflows)
  await server.call('POST', flows, { metadata: { name: 'a' }, spec: {} })
  await server.call('DELETE', crd)
  await until(server, crd, (body) => body.code === 404)
  await server.call('POST', crds, workflows)
  await until(server, crd, (body) => conditionOf(body, 'Established')?.status === 'True')
  assert.deepEqual((await server.call('GET', flows)).body.items, [])
  await server.close()
})

test('a definition that never got its names goes at once', async () => {
  const rival = definition('flow.example.com', { plural: 'others', kind: 'Workflow' }, [version('v1', { type: 'object' })])
  const server = await serving(workflows)
  await server.call('POST', crds, rival)
  const url = `${crds}/others.flow.example.com`
  const refused = await until(server, url, (body) => conditionOf(body, 'NamesAccepted') !== undefined)
  assert.equal(conditionOf(refused, 'NamesAccepted')?.reason, 'ListKindConflict')
  await server.call('DELETE', url)
  await until(server, url, (body) => body.code === 404)
  await server.close()
})

test('a server that starts serves what was defined before', async () => {
  const storage = await openEmbedded({ path: undefined })
  const first = await start({}, { storage })
  await first.call('POST', crds, workflows)
  await until(first, crd, (body) => conditionOf(body, 'Established')?.status === 'True')
  await first.call('POST', flows, { metadata: { name: 'kept' }, spec: { n: 1 } })
  await first.server.close()
  const second = await start({}, { storage })
  const found = await second.call('GET', `${flows}/kept`)
  assert.deepEqual([found.code, found.body.spec], [200, { n: 1 }])
  await settle()
  await second.close()
})

test('a definition of a built-in resource serves and deletes nothing of it', async () => {
  const server = await serving()
  const taken = {
    ...definition('networking.k8s.io', { plural: 'ingresses', kind: 'Ingress' }, [version('v9', { type: 'object' })]),
    metadata: { name: 'ingresses.networking.k8s.io', annotations: { 'api-approved.kubernetes.io': 'unapproved, a test' } },
  }
  const ingresses = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'
  await server.call('POST', ingresses, {
    metadata: { name: 'i' },
    spec: { defaultBackend: { service: { name: 's', port: { number: 1 } } } },
  })
  const made = await server.call('POST', crds, taken)
  assert.equal(made.code, 201, made.text)
  assert.equal((await server.call('GET', '/apis/networking.k8s.io/v9/ingresses')).code, 404)
  await server.call('DELETE', `${crds}/ingresses.networking.k8s.io`)
  await until(server, `${crds}/ingresses.networking.k8s.io`, (body) => body.code === 404)
  assert.equal((await server.call('GET', `${ingresses}/i`)).code, 200)
  await server.close()
})
