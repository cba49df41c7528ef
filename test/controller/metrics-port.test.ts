// What the metrics port asks for, and what it makes of answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ingress } from '../../src/api/networking/ingress.ts'
import { ApiError } from '../../src/apimachinery/api-error.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { Client } from '../../src/client/client.ts'
import { metricsPort } from '../../src/controller/metrics-port.ts'
import { settled, VirtualClock } from '../support/virtual-clock.ts'

/** A port over canned answers by path; a path without one is unknown to the server. */
function opened(answers: Record<string, unknown>) {
  const clock = new VirtualClock()
  const asked: string[] = []
  const raw: Client['raw'] = async (_method, path, options) => {
    asked.push(path)
    const answer = answers[path.split('?')[0]!]
    if (answer === 'silence')
      return new Promise((_, reject) => options!.signal!.addEventListener('abort', () => reject(options!.signal!.reason)))
    if (answer === undefined) throw new ApiError('', '404 page not found\n', { code: 404 })
    return answer
  }
  const options = { client: { raw } as Client, clock, random: () => 0, signal: new AbortController().signal, onError: () => {} }
  const discovery = { current: async () => ({ kinds: [Ingress as unknown as Kind], failed: [] }) }
  return { port: metricsPort(options, discovery), asked, clock }
}

const group = (preferred: string, ...versions: string[]) => ({
  groups: [
    {
      name: 'custom.metrics.k8s.io',
      preferredVersion: { groupVersion: `custom.metrics.k8s.io/${preferred}` },
      versions: versions.map((version) => ({ groupVersion: `custom.metrics.k8s.io/${version}` })),
    },
  ],
})
const v2 = '/apis/custom.metrics.k8s.io/v1beta2/namespaces/ns'

test('resource metrics', async () => {
  const { port, asked } = opened({ '/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods': { items: [{ metadata: { name: 'a' } }] } })
  assert.deepEqual(await port.resource('ns', 'app in (a,b)'), [{ metadata: { name: 'a' } }])
  assert.deepEqual(asked, ['/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods?labelSelector=app+in+%28a%2Cb%29'])
})

test('an API that is not there, in the words of client-go', async () => {
  const { port } = opened({ '/apis': { groups: [] } })
  const absent = (what: string) => new RegExp(`^Error: the server could not find the requested resource \\(get ${what}\\)$`)
  await assert.rejects(port.resource('ns', ''), absent('pods.metrics.k8s.io'))
  await assert.rejects(port.external('queue', 'ns', ''), absent('queue.external.metrics.k8s.io'))
  await assert.rejects(port.pods('hits', 'ns', '', ''), /^Error: no custom metrics API \(custom\.metrics\.k8s\.io\) registered$/)
})

test('custom metrics of pods, in the preferred version; the choice holds for a while', async () => {
  const items = [{ describedObject: { name: 'a' }, value: '3', windowSeconds: 5 }]
  const { port, asked, clock } = opened({ '/apis': group('v1beta2', 'v1beta2', 'v1beta1'), [`${v2}/pods/*/hits`]: { items } })
  assert.deepEqual(await port.pods('hits', 'ns', 'app=web', 'verb=GET'), items)
  await port.pods('hits', 'ns', 'app=web', '')
  const first = `${v2}/pods/*/hits?labelSelector=app%3Dweb&metricLabelSelector=verb%3DGET`
  assert.deepEqual(asked, ['/apis', first, `${v2}/pods/*/hits?labelSelector=app%3Dweb`])
  await clock.advance(15_000)
  await port.pods('hits', 'ns', '', '')
  assert.deepEqual(asked.slice(3), ['/apis', `${v2}/pods/*/hits`])
})

test('v1beta1 calls the window otherwise; an unknown preferred version is passed over', async () => {
  const items = [{ describedObject: { name: 'a' }, value: '3', window: 5 }]
  const path = '/apis/custom.metrics.k8s.io/v1beta1/namespaces/ns/pods/*/hits'
  const { port } = opened({ '/apis': group('v9', 'v9', 'v1beta1'), [path]: { items } })
  assert.deepEqual(await port.pods('hits', 'ns', '', ''), [{ describedObject: { name: 'a' }, value: '3', windowSeconds: 5 }])
})

test('no version that is understood', async () => {
  const { port } = opened({ '/apis': group('v9', 'v9') })
  await assert.rejects(port.pods('hits', 'ns', '', ''), /no known available metric versions found/)
})

test('metrics of objects: by resource and group; a namespace is the own one', async () => {
  const one = { items: [{ value: '7' }] }
  const { port } = opened({
    '/apis': group('v1beta2', 'v1beta2'),
    [`${v2}/ingresses.networking.k8s.io/main/hits`]: one,
    [`${v2}/metrics/hits`]: one,
    [`${v2}/ingresses.networking.k8s.io/two/hits`]: { items: [{}, {}] },
  })
  const ingress = (name: string) => ({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name })
  assert.deepEqual(await port.object('hits', 'ns', ingress('main'), ''), { value: '7' })
  assert.deepEqual(await port.object('hits', 'ns', { apiVersion: 'v1', kind: 'Namespace', name: 'other' }, ''), { value: '7' })
  await assert.rejects(port.object('hits', 'ns', ingress('two'), ''), /the custom metrics API server returned 2 results when we asked for/)
  const unknown = { apiVersion: 'example.com/v1', kind: 'Gadget', name: 'g' }
  await assert.rejects(
    port.object('hits', 'ns', unknown, ''),
    /^Error: unable to map kind Gadget\.example\.com to resource: no matches for kind "Gadget" in group "example\.com"$/,
  )
})

test('an adapter that says nothing has failed after thirty seconds', async () => {
  const { port, clock } = opened({ '/apis/external.metrics.k8s.io/v1beta1/namespaces/ns/queue': 'silence' })
  const answer = port.external('queue', 'ns', 'a=b').then(
    () => 'answered',
    (error: Error) => error.message,
  )
  await settled()
  await clock.advance(30_000)
  assert.equal(await answer, 'no answer within 30 s')
})
