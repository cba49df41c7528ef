// Defaults of pods, what the server adds to new ones, and the numbers that scheduler and kubelet read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod as PodObject, PodSpec } from '../../../openapi/types/core/v1.ts'
import { Pod } from '../../../src/api/core/pod/index.ts'
import { isPodAvailable } from '../../../src/api/core/pod/queries.ts'
import { computeQosClass, podLimits, podRequests } from '../../../src/api/core/pod/resources.ts'
import { quantityText } from '../../../src/apimachinery/quantity.ts'
import { defaulted } from '../strategy.ts'

const context = { now: 0, userName: 'tester', dryRun: false }

function withSpec(spec: Partial<PodSpec>): PodSpec {
  return (
    defaulted(Pod, { metadata: { name: 'p' }, spec: { containers: [{ name: 'a', image: 'nginx' }], ...spec } }).spec ?? { containers: [] }
  )
}

test('the smallest pod gets all defaults', () => {
  assert.deepEqual(withSpec({}), {
    containers: [
      {
        name: 'a',
        image: 'nginx',
        imagePullPolicy: 'Always',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    dnsPolicy: 'ClusterFirst',
    enableServiceLinks: true,
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  })
})

const specs: { name: string; given: Partial<PodSpec>; want: (spec: PodSpec) => unknown; is: unknown }[] = [
  {
    name: 'a probe gets its numbers and its handler its path',
    given: { containers: [{ name: 'a', image: 'x:1', readinessProbe: { httpGet: { port: 80 } } }] },
    want: (spec) => spec.containers[0]?.readinessProbe,
    is: {
      httpGet: { path: '/', port: 80, scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    },
  },
  {
    name: 'requests follow limits',
    given: { containers: [{ name: 'a', image: 'x:1', resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } } }] },
    want: (spec) => spec.containers[0]?.resources?.requests,
    is: { cpu: '500m', memory: '1Gi' },
  },
  {
    name: 'in the network of the host a port is the port of the host',
    given: { hostNetwork: true, containers: [{ name: 'a', image: 'x:1', ports: [{ containerPort: 80 }] }] },
    want: (spec) => spec.containers[0]?.ports,
    is: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
  },
  {
    name: 'volumes: emptyDir when nothing is named, file modes else',
    given: { volumes: [{ name: 'a' }, { name: 'b', configMap: { name: 'm' } }, { name: 'c', hostPath: { path: '/x' } }] },
    want: (spec) => spec.volumes,
    is: [
      { name: 'a', emptyDir: {} },
      { name: 'b', configMap: { name: 'm', defaultMode: 420 } },
      { name: 'c', hostPath: { path: '/x', type: '' } },
    ],
  },
  {
    name: 'the two names of the service account',
    given: { serviceAccount: 'robot' },
    want: (spec) => spec.serviceAccountName,
    is: 'robot',
  },
  {
    name: 'a negative grace period is one second',
    given: { terminationGracePeriodSeconds: -5 },
    want: (spec) => spec.terminationGracePeriodSeconds,
    is: 1,
  },
  {
    name: 'pod-level requests cover the containers and follow the limits',
    given: {
      resources: { limits: { cpu: '2', memory: '1Gi' } },
      containers: [{ name: 'a', image: 'x:1', resources: { requests: { cpu: '100m' } } }],
    },
    want: (spec) => spec.resources?.requests,
    is: { cpu: '100m', memory: '1Gi' },
  },
]

for (const { name, given, want, is } of specs) {
  test(`pod default: ${name}`, () => assert.deepEqual(want(withSpec(given)), is))
}

test('a new pod is Pending, whatever status the client sent', () => {
  const pod: PodObject = { spec: { containers: [{ name: 'a' }], schedulingGates: [{ name: 'g' }] }, status: { phase: 'Running' } }
  Pod.prepareForCreate?.(pod, context)
  assert.equal(pod.status?.phase, 'Pending')
  assert.equal(pod.status?.qosClass, 'BestEffort')
  assert.equal(pod.status?.conditions?.[0]?.reason, 'SchedulingGated')
})

test('matchLabelKeys of a new pod become requirements with its own values', () => {
  const pod: PodObject = {
    metadata: { labels: { app: 'x' } },
    spec: {
      containers: [],
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {}, matchLabelKeys: ['app', 'none'] },
      ],
    },
  }
  Pod.prepareForCreate?.(pod, context)
  assert.deepEqual(pod.spec?.topologySpreadConstraints?.[0]?.labelSelector, {
    matchExpressions: [{ key: 'app', operator: 'In', values: ['x'] }],
  })
})

test('grace period of a delete', () => {
  const grace = (pod: PodObject, requested?: number) => Pod.gracePeriodSeconds?.(pod, requested)
  const scheduled: PodObject = { spec: { containers: [], nodeName: 'n', terminationGracePeriodSeconds: 30 } }
  assert.equal(grace(scheduled), 30)
  assert.equal(grace(scheduled, 5), 5)
  assert.equal(grace(scheduled, -1), 1)
  assert.equal(grace({ spec: { containers: [], terminationGracePeriodSeconds: 30 } }, 30), 0)
  assert.equal(grace({ ...scheduled, status: { phase: 'Failed' } }), 0)
})

const texts = (amounts: ReturnType<typeof podRequests>) =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, quantityText(amount)]))
const asking = (name: string, cpu: string, more: object = {}) => ({ name, resources: { requests: { cpu }, limits: { cpu } }, ...more })

test('requests: containers add up, the init phase sets a floor, sidecars count in both, overhead comes on top', () => {
  const spec: PodSpec = {
    containers: [asking('a', '100m'), asking('b', '200m')],
    initContainers: [asking('i', '250m'), asking('s', '50m', { restartPolicy: 'Always' }), asking('j', '400m')],
    overhead: { cpu: '10m' },
  }
  assert.deepEqual(texts(podRequests({ spec })), { cpu: '460m' })
  assert.deepEqual(texts(podLimits({ spec })), { cpu: '460m' })
  assert.deepEqual(texts(podRequests({ spec: { ...spec, resources: { requests: { cpu: '1' } } } })), { cpu: '1010m' })
})

test('requests during a resize are the most of wish, grant and fact', () => {
  const pod: PodObject = {
    spec: { containers: [asking('a', '100m')] },
    status: {
      containerStatuses: [{ name: 'a', ready: true, restartCount: 0, image: '', imageID: '', resources: { requests: { cpu: '300m' } } }],
    },
  }
  assert.deepEqual(texts(podRequests(pod)), { cpu: '100m' })
  assert.deepEqual(texts(podRequests(pod, { useStatus: true })), { cpu: '300m' })
})

test('quality of service', () => {
  const all = { cpu: '1', memory: '1Gi' }
  const of = (resources: object) => computeQosClass({ containers: [{ name: 'a', resources }] })
  assert.equal(of({}), 'BestEffort')
  assert.equal(of({ requests: all, limits: all }), 'Guaranteed')
  assert.equal(of({ requests: { cpu: '500m', memory: '1Gi' }, limits: all }), 'Burstable')
  assert.equal(of({ requests: { cpu: '1' } }), 'Burstable')
  assert.equal(of({ limits: { 'example.com/gpu': '1' } }), 'BestEffort')
})

test('a resource named __proto__ changes no prototype', () => {
  const limits = JSON.parse('{"__proto__": "1"}')
  const spec = withSpec({ containers: [{ name: 'a', image: 'x:1', resources: { limits } }] })
  assert.deepEqual(Object.keys(spec.containers[0]?.resources?.requests ?? {}), ['__proto__'])
  assert.deepEqual(Object.keys(podRequests({ spec })), ['__proto__'])
})

test('available only after minReadySeconds', () => {
  const pod: PodObject = { status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] } }
  const at = (seconds: number) => Date.parse('2026-01-01T00:00:00Z') + seconds * 1000
  assert.equal(isPodAvailable(pod, 10, at(9)), false)
  assert.equal(isPodAvailable(pod, 10, at(10)), true)
  assert.equal(isPodAvailable(pod, 0, at(0)), true)
})
