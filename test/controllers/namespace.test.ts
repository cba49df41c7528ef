// A namespace that is being deleted: pods first, then the rest, then the finalizer; conditions tell what is left.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NamespaceContent, namespace } from '../../controllers/namespace.ts'
import type { Namespace as NamespaceObject } from '../../openapi/types/core/v1.ts'
import { ConfigMap } from '../../src/api/core/configmap.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import type { Plan } from '../../src/controller/plan.ts'
import { Widget } from './widget.ts'

const going: NamespaceObject = {
  metadata: { name: 'team', deletionTimestamp: '2026-01-01T00:00:00Z' },
  spec: { finalizers: ['kubernetes', 'example.com/own'] },
  status: { phase: 'Terminating', conditions: [{ type: 'Foreign', status: 'True' }] },
}

/** Objects that `stays` holds are not deleted. */
function content(objects: Map<Kind, KubeObject[]>, stays: (object: KubeObject) => boolean = () => false, failed: string[] = []) {
  const deleted: string[] = []
  const port: NamespaceContent = {
    kinds: async () => ({ kinds: [...objects.keys()], failed }),
    list: async (kind) => objects.get(kind) ?? [],
    deleteAll: async (kind) => {
      deleted.push(kind.resource)
      objects.set(kind, (objects.get(kind) ?? []).filter(stays))
    },
  }
  return { port, deleted }
}

async function reconcile(one: NamespaceObject, port: NamespaceContent, memory = new Map<string, unknown>()): Promise<Plan> {
  const now = Date.parse('2026-01-01T00:01:00Z')
  return namespace.reconcile(one, {}, { now, random: () => 0, key: 'team', memory, options: {}, ports: { namespaceContent: port } })
}

function conditionsOf(plan: Plan): Record<string, string> {
  const [write] = plan.steps.flat()
  const status = write?.op === 'status' ? (write.status as NonNullable<NamespaceObject['status']>) : {}
  return Object.fromEntries(
    (status.conditions ?? []).map(({ type, status: state, reason, message }) => [type, `${state} ${reason}: ${message}`]),
  )
}

const named = (name: string, finalizers: string[] = []): KubeObject => ({ metadata: { namespace: 'team', name, finalizers } })

test('a namespace that stays is left alone', async () => {
  const { port } = content(new Map())
  assert.deepEqual(await reconcile({ ...going, metadata: { name: 'team' } }, port), { steps: [], events: [] })
})

test('empty: our finalizer goes, others stay', async () => {
  const { port } = content(new Map([[Pod as Kind, []]]))
  const [write] = (await reconcile(going, port)).steps.flat()
  assert.ok(write?.op === 'update' && write.subresource === 'finalize')
  assert.deepEqual((write.object as NamespaceObject).spec?.finalizers, ['example.com/own'])
})

test('pods go first: nothing else is deleted while one is left', async () => {
  const { port, deleted } = content(
    new Map<Kind, KubeObject[]>([
      [ConfigMap, [named('m')]],
      [Pod, [named('p')]],
    ]),
    () => true,
  )
  const plan = await reconcile(going, port)
  assert.deepEqual(deleted, ['pods'])
  const conditions = conditionsOf(plan)
  assert.equal(
    conditions['NamespaceContentRemaining'],
    'True SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances',
  )
  assert.equal(conditions['NamespaceFinalizersRemaining'], 'False ContentHasNoFinalizers: All content-preserving finalizers finished')
  assert.equal(conditions['Foreign'], 'True undefined: undefined')
  assert.ok(plan.requeueAfterMs)
})

test('what finalizers hold is counted', async () => {
  const held = [named('w1', ['example.com/a']), named('w2', ['example.com/a', 'example.com/b'])]
  const { port } = content(
    new Map<Kind, KubeObject[]>([
      [Widget, held],
      [ConfigMap, [named('m')]],
    ]),
    ({ metadata }) => (metadata?.finalizers ?? []).length > 0,
  )
  const conditions = conditionsOf(await reconcile(going, port))
  assert.equal(
    conditions['NamespaceContentRemaining'],
    'True SomeResourcesRemain: Some resources are remaining: widgets.example.com has 2 resource instances',
  )
  assert.equal(
    conditions['NamespaceFinalizersRemaining'],
    'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/a in 2 resource instances, example.com/b in 1 resource instances',
  )
  assert.equal(
    conditions['NamespaceDeletionContentFailure'],
    'False ContentDeleted: All content successfully deleted, may be waiting on finalization',
  )
})

test('a group that cannot be discovered keeps the namespace', async () => {
  const { port } = content(new Map(), undefined, ['/apis/metrics.k8s.io/v1beta1'])
  const plan = await reconcile(going, port)
  assert.match(
    conditionsOf(plan)['NamespaceDeletionDiscoveryFailure'] ?? '',
    /^True DiscoveryFailed: Discovery failed for some groups, 1 failing: /,
  )
})

test('a failure to delete is told, and the rest is deleted all the same', async () => {
  const { port, deleted } = content(
    new Map<Kind, KubeObject[]>([
      [Widget, [named('w')]],
      [ConfigMap, [named('m')]],
    ]),
  )
  const failing: NamespaceContent = {
    ...port,
    deleteAll: (kind, where, objects) => (kind === Widget ? Promise.reject(new Error('webhook')) : port.deleteAll(kind, where, objects)),
  }
  const conditions = conditionsOf(await reconcile(going, failing))
  assert.deepEqual(deleted, ['configmaps'])
  assert.match(
    conditions['NamespaceDeletionContentFailure'] ?? '',
    /^True ContentDeletionFailed: Failed to delete all resource types, 1 remaining: .*webhook/,
  )
})

test('what stays is looked at less and less often', async () => {
  const { port } = content(new Map<Kind, KubeObject[]>([[ConfigMap, [named('m')]]]), () => true)
  const memory = new Map<string, unknown>()
  const waits: (number | undefined)[] = []
  for (let i = 0; i < 6; i++) waits.push((await reconcile(going, port, memory)).requeueAfterMs)
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 8000])
  await namespace.absent?.('team', {}, { now: 0, random: () => 0, key: 'team', memory, options: {}, ports: {} })
  assert.equal(memory.size, 0)
})
