// The status the kubelet writes: phases, conditions, container states, and the patch.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod, PodSpec, PodStatus } from '../../openapi/types/core/v1.ts'
import { podStatus, type StatusFacts, statusPatch } from '../../src/kubelet/pod-status.ts'
import type { ContainerState } from '../../src/kubelet/runtime/runtime.ts'

const now = Date.parse('2026-03-01T12:00:10Z')
const start = Date.parse('2026-03-01T12:00:00Z')
const c: Container = { name: 'c', image: 'nginx' }
const i: Container = { name: 'i', image: 'busybox' }

const pod = (spec: Partial<PodSpec> = {}, status: PodStatus = {}): Pod => ({
  metadata: { name: 'p', namespace: 'ns', uid: 'u', generation: 3 },
  spec: { containers: [c], restartPolicy: 'Always', ...spec },
  status,
})

const ran = (name: string, more: Partial<ContainerState> = {}): ContainerState => ({
  ...{ id: `${name}0`, name, attempt: 0, image: `docker.io/library/${name}:latest`, imageRef: `sha-${name}`, hash: '' },
  ...{ phase: 'running', createdAt: start, startedAt: start },
  ...more,
})
const exited = (name: string, exitCode: number): ContainerState =>
  ran(name, { phase: 'exited', exitCode, finishedAt: now, reason: exitCode === 0 ? 'Completed' : 'Error' })

const facts = (containers: ContainerState[], more: Partial<StatusFacts> = {}): StatusFacts => ({
  observed: { sandboxes: [{ id: 'sb', attempt: 0, ready: true, createdAt: start, ips: ['10.244.0.2'] }], containers },
  waiting: new Map(),
  started: () => true,
  ready: () => true,
  runtimeName: 'hollow',
  hostIps: ['10.0.0.1'],
  terminal: false,
  ...more,
})

const conditions = ({ conditions = [] }: PodStatus) =>
  Object.fromEntries(conditions.map(({ type, status, reason, message }) => [type, [status, reason, message].filter(Boolean).join(' ')]))

test('a running pod is written as upstream writes it', () => {
  const status = podStatus(pod(), { startTime: '2026-03-01T12:00:00Z' }, facts([ran('c')]), now)
  const condition = (type: string) => ({ type, observedGeneration: 3, status: 'True', lastTransitionTime: '2026-03-01T12:00:10Z' })
  assert.deepEqual(status, {
    observedGeneration: 3,
    phase: 'Running',
    conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
    hostIP: '10.0.0.1',
    hostIPs: [{ ip: '10.0.0.1' }],
    podIP: '10.244.0.2',
    podIPs: [{ ip: '10.244.0.2' }],
    startTime: '2026-03-01T12:00:00Z',
    containerStatuses: [
      {
        name: 'c',
        state: { running: { startedAt: '2026-03-01T12:00:00Z' } },
        lastState: {},
        ready: true,
        started: true,
        restartCount: 0,
        image: 'docker.io/library/c:latest',
        imageID: 'sha-c',
        containerID: 'hollow://c0',
        resources: {},
      },
    ],
    qosClass: 'BestEffort',
  })
})

test('an ephemeral container is never ready, and does not count for the pod', () => {
  const status = podStatus(
    pod({ ephemeralContainers: [{ name: 'debugger', image: 'busybox' }] }),
    {},
    facts([ran('c'), ran('debugger')]),
    now,
  )
  const [debug] = status.ephemeralContainerStatuses ?? []
  assert.deepEqual([debug?.name, debug?.ready, debug?.started], ['debugger', false, undefined])
  assert.ok(debug?.state?.running)
  assert.equal(conditions(status)['Ready'], 'True')
})

const phases: { name: string; spec?: Partial<PodSpec>; facts: StatusFacts; phase: string; ready: string; initialized?: string }[] = [
  { name: 'not started', facts: facts([]), phase: 'Pending', ready: 'False ContainersNotReady containers with unready status: [c]' },
  {
    name: 'init container runs',
    spec: { initContainers: [i] },
    facts: facts([ran('i')]),
    phase: 'Pending',
    ready: 'False ContainersNotReady containers with unready status: [c]',
    initialized: 'False ContainersNotInitialized containers with incomplete status: [i]',
  },
  {
    name: 'init container done',
    spec: { initContainers: [i] },
    facts: facts([ran('c'), exited('i', 0)]),
    phase: 'Running',
    ready: 'True',
    initialized: 'True',
  },
  {
    name: 'init container failed for good',
    spec: { initContainers: [i], restartPolicy: 'Never' },
    facts: facts([exited('i', 1)]),
    phase: 'Failed',
    ready: 'False PodFailed',
  },
  {
    name: 'succeeded',
    spec: { restartPolicy: 'Never' },
    facts: facts([exited('c', 0)]),
    phase: 'Succeeded',
    ready: 'False PodCompleted',
    initialized: 'True PodCompleted',
  },
  { name: 'failed', spec: { restartPolicy: 'Never' }, facts: facts([exited('c', 1)]), phase: 'Failed', ready: 'False PodFailed' },
  {
    name: 'failed, to run again',
    spec: { restartPolicy: 'OnFailure' },
    facts: facts([exited('c', 1)]),
    phase: 'Running',
    ready: 'False ContainersNotReady containers with unready status: [c]',
  },
  { name: 'ended by deletion', facts: facts([exited('c', 0)], { terminal: true }), phase: 'Succeeded', ready: 'False PodCompleted' },
  { name: 'deleted before it started', facts: facts([], { terminal: true }), phase: 'Failed', ready: 'False PodFailed' },
  {
    name: 'not ready yet',
    facts: facts([ran('c')], { ready: () => false }),
    phase: 'Running',
    ready: 'False ContainersNotReady containers with unready status: [c]',
  },
  {
    name: 'two of three not ready',
    spec: { containers: [c, { name: 'd' }, { name: 'e' }] },
    facts: facts([ran('c'), ran('d'), ran('e')], { ready: ({ name }) => name === 'c' }),
    phase: 'Running',
    ready: 'False ContainersNotReady containers with unready status: [d e]',
  },
  {
    name: 'a readiness gate nobody has set',
    spec: { readinessGates: [{ conditionType: 'x/y' }] },
    facts: facts([ran('c')]),
    phase: 'Running',
    ready: 'False ReadinessGatesNotReady corresponding condition of pod readiness gate "x/y" does not exist.',
  },
]

for (const { name, spec, facts: given, phase, ready, initialized } of phases) {
  test(`phase and conditions: ${name}`, () => {
    const status = podStatus(pod(spec), {}, given, now)
    assert.equal(status.phase, phase)
    assert.equal(conditions(status)['Ready'], ready)
    if (initialized !== undefined) assert.equal(conditions(status)['Initialized'], initialized)
  })
}

test('a container in back-off waits, and its last end is kept', () => {
  const waiting = new Map([['c', { reason: 'CrashLoopBackOff', message: 'back-off 10s' }]])
  const status = podStatus(pod(), {}, facts([exited('c', 1)], { waiting }), now).containerStatuses?.[0]
  assert.deepEqual(status?.state, { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } })
  assert.equal(status?.lastState?.terminated?.exitCode, 1)
})

test('waiting reasons before the first start', () => {
  assert.equal(podStatus(pod(), {}, facts([]), now).containerStatuses?.[0]?.state?.waiting?.reason, 'ContainerCreating')
  const withInit = podStatus(pod({ initContainers: [i] }), {}, facts([]), now)
  assert.equal(withInit.containerStatuses?.[0]?.state?.waiting?.reason, 'PodInitializing')
})

test('conditions of others stay, transition times stay while the status does', () => {
  const before: PodStatus = {
    conditions: [
      { type: 'x/y', status: 'True' },
      { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  }
  const status = podStatus(pod(), before, facts([ran('c')]), now)
  assert.deepEqual(status.conditions?.[0], { type: 'x/y', status: 'True' })
  assert.equal(status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime, '2026-01-01T00:00:00Z')
})

test('a terminal phase never changes', () => {
  assert.equal(podStatus(pod(), { phase: 'Failed', reason: 'Evicted' }, facts([ran('c')]), now).phase, 'Failed')
  assert.equal(podStatus(pod(), { phase: 'Failed', reason: 'Evicted' }, facts([ran('c')]), now).reason, 'Evicted')
})

test('a refused pod has a reason and no container statuses', () => {
  const verdict = { reason: 'OutOfcpu', message: 'Pod was rejected: no' }
  const status = podStatus(pod(), {}, facts([], { verdict, terminal: true }), now)
  assert.deepEqual(
    [status.phase, status.reason, status.message, status.containerStatuses],
    ['Failed', 'OutOfcpu', 'Pod was rejected: no', undefined],
  )
})

test('a container lost by the runtime was killed', () => {
  const before: PodStatus = {
    containerStatuses: [{ name: 'c', ready: true, restartCount: 2, image: '', imageID: '', state: { running: {} } }],
  }
  const status = podStatus(pod(), before, facts([]), now).containerStatuses?.[0]
  assert.equal(status?.lastState?.terminated?.reason, 'ContainerStatusUnknown')
  assert.equal(status?.restartCount, 3)
})

test('the patch names only what changes, and removes reasons explicitly', () => {
  const pending = podStatus(pod(), {}, facts([]), now)
  const running = podStatus(pod(), pending, facts([ran('c')]), now)
  assert.equal(statusPatch('u', running, running), undefined)
  const withNulls = {
    ...running,
    conditions: running.conditions?.map((each) => ({ ...each, lastProbeTime: null as unknown as string })) ?? [],
  }
  assert.equal(statusPatch('u', withNulls, running), undefined)
  const patch = statusPatch('u', pending, running) as { metadata: object; status: Record<string, unknown> & { conditions: object[] } }
  assert.deepEqual(patch.metadata, { uid: 'u' })
  assert.deepEqual(Object.keys(patch.status).sort(), ['$setElementOrder/conditions', 'conditions', 'containerStatuses', 'phase'])
  assert.deepEqual(patch.status.conditions[0], {
    ...{ type: 'Ready', observedGeneration: 3, status: 'True', lastTransitionTime: '2026-03-01T12:00:10Z' },
    ...{ reason: null, message: null },
  })
})

test('a new address replaces the old one', () => {
  const before: PodStatus = { podIP: '10.244.0.9', podIPs: [{ ip: '10.244.0.9' }] }
  const patch = statusPatch('u', before, { podIP: '10.244.0.2', podIPs: [{ ip: '10.244.0.2' }] }) as { status: { podIPs: object[] } }
  assert.deepEqual(patch.status.podIPs, [{ $patch: 'delete', ip: '10.244.0.9' }, { ip: '10.244.0.2' }])
})
