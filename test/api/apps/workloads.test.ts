// Deployments, ReplicaSets, StatefulSets, DaemonSets: defaults, rules with upstream's words, columns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ControllerRevision } from '../../../src/api/apps/controllerrevision.ts'
import { DaemonSet } from '../../../src/api/apps/daemonset.ts'
import { Deployment } from '../../../src/api/apps/deployment.ts'
import { ReplicaSet } from '../../../src/api/apps/replicaset.ts'
import { StatefulSet } from '../../../src/api/apps/statefulset.ts'
import { cells, created, createErrors, defaulted, updateErrors } from '../strategy.ts'

const labels = { app: 'web' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx:1.27', terminationMessagePolicy: 'File' }] } }
const spec = { selector: { matchLabels: labels }, template }
const object = (more: object = {}) => ({ metadata: { name: 'web', namespace: 'default' }, spec: { ...spec, ...more } })
const mismatch = (path: string, shown: string) =>
  `${path}.metadata.labels: Invalid value: ${shown}: \`selector\` does not match template \`labels\``

test('a Deployment gets upstream’s defaults', () => {
  const { spec: got } = defaulted(Deployment, object())
  assert.deepEqual(
    { ...got, template: undefined, selector: undefined },
    {
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: undefined,
      selector: undefined,
    },
  )
  assert.equal(got?.template.spec?.restartPolicy, 'Always')
})

test('a Recreate strategy gets no rolling update', () => {
  assert.deepEqual(defaulted(Deployment, object({ strategy: { type: 'Recreate' } })).spec?.strategy, { type: 'Recreate' })
})

const cases = [
  { name: 'a good one', kind: Deployment, given: object(), want: [] },
  {
    name: 'selector and labels differ',
    kind: Deployment,
    given: object({ selector: { matchLabels: { app: 'x' } } }),
    want: [mismatch('spec.template', '{"app":"web"}')],
  },
  {
    name: 'no selector',
    kind: Deployment,
    given: object({ selector: undefined }),
    want: ['spec.selector: Required value', mismatch('spec.template', '{"app":"web"}')],
  },
  {
    name: 'empty selector',
    kind: Deployment,
    given: object({ selector: {} }),
    want: ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  },
  {
    name: 'unknown strategy',
    kind: Deployment,
    given: object({ strategy: { type: 'Foo' } }),
    want: ['spec.strategy: Unsupported value: {"Type":"Foo","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"'],
  },
  {
    name: 'rolling update beside Recreate',
    kind: Deployment,
    given: object({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
    want: ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
  },
  {
    name: 'no pod may ever move',
    kind: Deployment,
    given: object({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    want: ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
  },
  {
    name: 'more than all pods',
    kind: Deployment,
    given: object({ strategy: { rollingUpdate: { maxUnavailable: '101%' } } }),
    want: ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  },
  {
    name: 'deadline before readiness',
    kind: Deployment,
    given: object({ minReadySeconds: 600 }),
    want: ['spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
  },
  {
    name: 'negative replicas',
    kind: ReplicaSet,
    given: object({ replicas: -1 }),
    want: ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  },
  {
    name: 'pods that do not restart',
    kind: ReplicaSet,
    given: object({ template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } }),
    want: ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  },
  {
    name: 'a service name that is no label',
    kind: StatefulSet,
    given: object({ serviceName: 'a.b' }),
    want: ['spec.serviceName: Invalid value: "a.b": must not contain dots'],
  },
  {
    name: 'unknown pod management',
    kind: StatefulSet,
    given: object({ podManagementPolicy: 'X' }),
    want: [`spec.podManagementPolicy: Invalid value: "X": must be 'OrderedReady' or 'Parallel'`],
  },
  {
    name: 'surge and unavailable at once',
    kind: DaemonSet,
    given: object({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }),
    want: ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
  },
  {
    name: 'unknown selector operator',
    kind: DaemonSet,
    given: object({ selector: { matchExpressions: [{ key: 'app', operator: 'Is' }] } }),
    want: ['spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator'],
  },
  {
    name: 'no data',
    kind: ControllerRevision,
    given: { metadata: { name: 'a' }, revision: 1 },
    want: ['data: Required value: data is mandatory'],
  },
] as const

for (const { name, kind, given, want } of cases) {
  test(`${kind.kind}: ${name}`, () => {
    assert.deepEqual(createErrors(kind as never, given), want)
  })
}

test('a selector never changes', () => {
  const other = { app: 'x' }
  const changed = object({ selector: { matchLabels: other }, template: { ...template, metadata: { labels: other } } })
  for (const kind of [Deployment, ReplicaSet, DaemonSet]) {
    assert.deepEqual(updateErrors(kind as never, changed, object()), [
      'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
    ])
  }
})

test('a StatefulSet keeps most of its spec', () => {
  assert.deepEqual(updateErrors(StatefulSet, object({ replicas: 3, minReadySeconds: 1 }), object()), [])
  assert.deepEqual(updateErrors(StatefulSet, object({ serviceName: 'b' }), object({ serviceName: 'a' })), [
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ])
})

test('claim templates of a StatefulSet say what they are', () => {
  const [claim] =
    defaulted(StatefulSet, object({ volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] })).spec?.volumeClaimTemplates ?? []
  assert.deepEqual(claim, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { volumeMode: 'Filesystem' },
    status: { phase: 'Pending' },
  })
})

test('a DaemonSet counts its templates in an annotation', () => {
  const first = created(DaemonSet, object())
  assert.equal(first.metadata?.annotations?.['deprecated.daemonset.template.generation'], '1')
  const context = { now: 0, userName: '', dryRun: false }
  const next = structuredClone(first)
  next.spec!.template.metadata!.labels = { ...labels, more: 'yes' }
  DaemonSet.prepareForUpdate?.(next, first, context)
  assert.equal(next.metadata?.annotations?.['deprecated.daemonset.template.generation'], '2')
})

test('the generation of a Deployment counts annotations, too', () => {
  const generation = Deployment.generation as (a: object, b: object) => boolean
  assert.equal(generation(object(), object()), false)
  assert.equal(generation({ ...object(), metadata: { annotations: { a: 'b' } } }, object()), true)
})

test('status counters hang together', () => {
  const given = { ...object(), status: { replicas: 1, readyReplicas: 2, availableReplicas: 3 } }
  assert.deepEqual(updateErrors(Deployment, given, object(), 'status'), [
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
  ])
})

test('a name that is no host name earns a warning', () => {
  const [text] = Deployment.warnings?.({ metadata: { name: 'a.b' } }, undefined) ?? []
  assert.equal(
    text,
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
  )
})

test('rows of workloads', () => {
  const running = { ...object({ replicas: 3 }), status: { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 } }
  const wide = { Containers: 'c', Images: 'nginx:1.27', Selector: 'app=web' }
  assert.deepEqual(cells(Deployment, running), { Ready: '2/3', 'Up-to-date': 3, Available: 2, Age: '<unknown>', ...wide })
  assert.deepEqual(cells(ReplicaSet, running), { Desired: 3, Current: 3, Ready: 2, Age: '<unknown>', ...wide })
  const { Selector: _none, ...statefulWide } = wide
  assert.deepEqual(cells(StatefulSet, running), { Ready: '2/3', Age: '<unknown>', ...statefulWide })
  const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'web', uid: 'u', controller: true }
  assert.equal(cells(ControllerRevision, { metadata: { ownerReferences: [owner] }, revision: 2 })['Controller'], 'daemonset.apps/web')
})
