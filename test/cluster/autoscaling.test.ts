// An adapter behind APIServices serves custom and external metrics: a StatefulSet follows them, as with Prometheus' or KEDA's adapter.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createCertificateAuthority, issueCertificate } from '../../src/pki/certificate.ts'
import { eventually, kubectl, spawnUp } from './processes.ts'

const data = mkdtempSync(join(tmpdir(), 'k8ts-adapter-'))
after(() => rmSync(data, { recursive: true, force: true }))

const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
const ca = createCertificateAuthority({ commonName: 'adapter-ca', ...validity })
const names = ['adapter.default.svc', 'localhost']
const certificate = issueCertificate({ ca, commonName: names[0]!, usages: ['server'], dnsNames: names, ...validity })

/** What the metrics are now (`pods`: how many pods the adapter knows of), and what was asked. */
const values = { pods: 1, transactions: '30', hits: '1', queue: '1' }
const asked = new Set<string>()
const described = (kind: string, name: string) => ({ kind, namespace: 'default', name })
const custom = '/apis/custom.metrics.k8s.io/v1beta2'
const external = '/apis/external.metrics.k8s.io/v1beta1'

function answerOf(path: string): object | undefined {
  const timestamp = new Date().toISOString()
  const value = (describedObject: object, name: string, amount: string) => ({ describedObject, metric: { name }, timestamp, value: amount })
  const list = (items: object[]) => ({ kind: 'MetricValueList', apiVersion: 'custom.metrics.k8s.io/v1beta2', metadata: {}, items })
  switch (path) {
    case custom:
    case external:
      return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: path.slice('/apis/'.length), resources: [] }
    case `${custom}/namespaces/default/pods/*/transactions`:
      return list(Array.from({ length: values.pods }, (_, i) => value(described('Pod', `web-${i}`), 'transactions', values.transactions)))
    case `${custom}/namespaces/default/services/main/hits`:
      return list([value(described('Service', 'main'), 'hits', values.hits)])
    case `${external}/namespaces/default/queue`: {
      const item = { metricName: 'queue', metricLabels: { name: 'mails' }, timestamp, value: values.queue }
      return { kind: 'ExternalMetricValueList', apiVersion: 'external.metrics.k8s.io/v1beta1', metadata: {}, items: [item] }
    }
    default:
      return undefined
  }
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://adapter')
  const answer = answerOf(decodeURIComponent(url.pathname))
  if (url.search !== '') asked.add(`${decodeURIComponent(url.pathname).split('/').at(-1)} ${url.searchParams}`)
  response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 }))
}

const objects = (port: number) => `
apiVersion: v1
kind: Service
metadata: {name: adapter}
spec: {type: ExternalName, externalName: localhost}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta2.custom.metrics.k8s.io}
spec:
  group: custom.metrics.k8s.io
  version: v1beta2
  service: {namespace: default, name: adapter, port: ${port}}
  caBundle: ${Buffer.from(ca.certificatePem).toString('base64')}
  groupPriorityMinimum: 100
  versionPriority: 100
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.external.metrics.k8s.io}
spec:
  group: external.metrics.k8s.io
  version: v1beta1
  service: {namespace: default, name: adapter, port: ${port}}
  caBundle: ${Buffer.from(ca.certificatePem).toString('base64')}
  groupPriorityMinimum: 100
  versionPriority: 100
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: web}
  maxReplicas: 6
  metrics:
  - type: Pods
    pods: {metric: {name: transactions}, target: {type: AverageValue, averageValue: "10"}}
  - type: Object
    object:
      metric: {name: hits, selector: {matchLabels: {verb: GET}}}
      describedObject: {apiVersion: v1, kind: Service, name: main}
      target: {type: Value, value: "10"}
  - type: External
    external: {metric: {name: queue, selector: {matchLabels: {name: mails}}}, target: {type: AverageValue, averageValue: "5"}}
`

test('a target follows custom, object and external metrics of an adapter', async () => {
  const adapter = createServer({ cert: certificate.certificatePem, key: certificate.privateKeyPem }, serve)
  await new Promise<void>((ready) => adapter.listen(0, 'localhost', ready))
  after(() => adapter.close())
  const up = spawnUp(data, [
    '--port=0',
    '--horizontal-pod-autoscaler-sync-period=1s',
    '--horizontal-pod-autoscaler-downscale-stabilization=2s',
  ])
  after(() => up.interrupt())
  await up.ready
  const file = join(data, 'objects.yaml')
  writeFileSync(file, objects((adapter.address() as AddressInfo).port))
  kubectl(data, 'apply', '-f', file)
  const scaledTo = (replicas: number) =>
    eventually(`${replicas} pods are ready`, () => {
      const seen = kubectl(data, 'get', 'sts', 'web', '-o', 'jsonpath={.spec.replicas} {.status.readyReplicas}')
      return seen === `${replicas} ${replicas}`
    })
  await scaledTo(3)
  values.queue = '20'
  await scaledTo(4)
  values.hits = '20'
  await scaledTo(6)
  // pods without a value would count as on target
  Object.assign(values, { pods: 6, transactions: '1500m', hits: '1', queue: '1' })
  await scaledTo(1)
  await eventually('the table shows all', () =>
    /StatefulSet\/web +1500m\/10, 1\/10 \+ 1 more\.\.\. +1 +6 +1 /.test(kubectl(data, 'get', 'hpa', 'web', '--no-headers')),
  )
  const rescales = ['get', 'events', '--field-selector=reason=SuccessfulRescale', '-o', 'jsonpath={range .items[*]}{.message}{"\\n"}{end}']
  assert.deepEqual(
    kubectl(data, ...rescales)
      .trim()
      .split('\n'),
    [
      'New size: 3; reason: pods metric transactions above target',
      'New size: 4; reason: external metric queue(&LabelSelector{MatchLabels:map[string]string{name: mails,},MatchExpressions:[]LabelSelectorRequirement{},}) above target',
      'New size: 6; reason: Service metric hits above target',
      'New size: 1; reason: All metrics below target',
    ],
  )
  assert.deepEqual([...asked].sort(), [
    'hits metricLabelSelector=verb%3DGET',
    'queue labelSelector=name%3Dmails',
    'transactions labelSelector=app%3Dweb',
  ])
})
