// What may change in a pod on each of its paths.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod as PodObject } from '../../../openapi/types/core/v1.ts'
import { Pod } from '../../../src/api/core/pod/index.ts'
import { fieldErrorText } from '../../../src/apimachinery/api-error.ts'
import { created, defaulted, updateErrors } from '../strategy.ts'

const spec = { containers: [{ name: 'a', image: 'nginx:1' }], nodeName: 'n' }
const metadata = { name: 'p', namespace: 'd', resourceVersion: '1' }
const forbidden =
  'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'
const gates = { schedulingGates: [{ name: 'g' }], nodeName: undefined }

const cases: { name: string; old?: object; now: object; want: string[] }[] = [
  { name: 'the image', now: { containers: [{ name: 'a', image: 'nginx:2' }] }, want: [] },
  {
    name: 'no image',
    now: { containers: [{ name: 'a', image: '' }] },
    want: ['spec.containers[0].image: Required value', 'spec.containers[0].image: Required value'],
  },
  { name: 'another node', now: { nodeName: 'm' }, want: [forbidden] },
  {
    name: 'one more container',
    now: { containers: [...spec.containers, { name: 'b', image: 'x' }] },
    want: ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  },
  { name: 'one more toleration', now: { tolerations: [{ key: 'k', operator: 'Exists' }] }, want: [] },
  {
    name: 'one toleration less',
    old: { tolerations: [{ key: 'k', operator: 'Exists' }] },
    now: {},
    want: ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  },
  { name: 'a shorter deadline', old: { activeDeadlineSeconds: 9 }, now: { activeDeadlineSeconds: 8 }, want: [] },
  {
    name: 'a longer deadline',
    old: { activeDeadlineSeconds: 9 },
    now: { activeDeadlineSeconds: 10 },
    want: ['spec.activeDeadlineSeconds: Invalid value: 10: must be less than or equal to previous value'],
  },
  { name: 'an open gate', old: gates, now: { nodeName: undefined }, want: [] },
  {
    name: 'a new gate',
    now: { schedulingGates: [{ name: 'g' }] },
    want: ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"],
  },
  { name: 'a narrower choice of nodes while gated', old: gates, now: { ...gates, nodeSelector: { a: 'b' } }, want: [] },
  { name: 'a narrower choice of nodes later', now: { nodeSelector: { a: 'b' } }, want: [forbidden] },
]

for (const { name, old, now, want } of cases) {
  test(`pod update: ${name}`, () => {
    const errors = updateErrors(Pod, { metadata, spec: { ...spec, ...now } }, { metadata, spec: { ...spec, ...old } })
    assert.deepEqual(
      errors.map((text) => text.split('\n')[0]),
      want,
    )
  })
}

test('the message about forbidden changes shows them', () => {
  const [text] = updateErrors(Pod, { metadata, spec: { ...spec, nodeName: 'm' } }, { metadata, spec })
  assert.match(text ?? '', /\n- \tNodeName: "n",\n\+ \tNodeName: "m",\n/)
})

function subresource(
  name: string,
  change: (pod: PodObject) => void,
  old: PodObject = created(Pod, { metadata, spec }),
): { pod: PodObject; errors: string[] } {
  const pod = defaulted(Pod, old)
  change(pod)
  Pod.prepareForUpdate?.(pod, old, { now: 0, userName: 'tester', dryRun: false, subresource: name })
  return { pod, errors: (Pod.validateSubresource?.[name]?.(pod, old) ?? []).map(fieldErrorText) }
}

test('ephemeral containers come by their own path, which changes nothing else', () => {
  const debug = { name: 'debug', image: 'busybox:1', imagePullPolicy: 'IfNotPresent', terminationMessagePolicy: 'File' }
  const { pod, errors } = subresource('ephemeralcontainers', (draft) => {
    draft.spec = { ...draft.spec!, ephemeralContainers: [debug], nodeName: 'other' }
    draft.metadata = { ...draft.metadata, labels: { stolen: 'yes' } }
  })
  assert.deepEqual(errors, [])
  assert.deepEqual([pod.spec?.nodeName, pod.metadata?.labels, pod.spec?.ephemeralContainers?.length], ['n', undefined, 1])
  const again = subresource('ephemeralcontainers', (draft) => delete draft.spec?.ephemeralContainers, pod)
  assert.deepEqual(again.errors, ['spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n'])
})

test('resize changes cpu and memory, not the class', () => {
  const resources = { requests: { cpu: '1' } }
  const old = created(Pod, { metadata, spec: { ...spec, containers: [{ ...spec.containers[0], resources }] } })
  const to = (requests: Record<string, string>) => (pod: PodObject) => {
    pod.spec!.containers[0]!.resources = { requests }
    pod.spec!.nodeName = 'other'
  }
  const { pod, errors } = subresource('resize', to({ cpu: '2' }), old)
  assert.deepEqual([errors, pod.spec?.nodeName, pod.spec?.containers[0]?.resources?.requests], [[], 'n', { cpu: '2' }])
  assert.deepEqual(subresource('resize', to({}), old).errors, [
    'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
  ])
  assert.deepEqual(subresource('resize', to({ cpu: '1', 'ephemeral-storage': '1Gi' }), old).errors, [
    'spec: Forbidden: only cpu and memory resources are mutable',
  ])
})

test('a status keeps class and owners, and a container that ended does not come back', () => {
  const old = created(Pod, {
    metadata: { ...metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: '1' }] },
    spec: { ...spec, restartPolicy: 'Never' },
  })
  const status = (state: object) => ({ containerStatuses: [{ name: 'a', ready: false, restartCount: 0, image: '', imageID: '', state }] })
  old.status = { ...old.status, ...status({ terminated: { exitCode: 1 } }) }
  const pod: PodObject = { metadata: { ...metadata }, spec: structuredClone(old.spec!), status: status({ running: {} }) }
  Pod.prepareForUpdate?.(pod, old, { now: 0, userName: 'kubelet', dryRun: false, subresource: 'status' })
  assert.deepEqual([pod.status?.qosClass, pod.metadata?.ownerReferences?.length], ['BestEffort', 1])
  assert.deepEqual(Pod.validateStatusUpdate?.(pod, old).map(fieldErrorText), [
    'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
  ])
})
