// What kubectl shows of pods: every derivation of the Status text, readiness and restarts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerState, Pod as PodObject, PodSpec, PodStatus } from '../../../openapi/types/core/v1.ts'
import { Pod } from '../../../src/api/core/pod/index.ts'

const now = Date.parse('2026-01-01T01:00:00Z')

function row(given: PodObject, at: number): Record<string, unknown> {
  return Object.fromEntries((Pod.columns ?? []).map(({ name, value }) => [name, value(given, at)]))
}

function pod(status: PodStatus, spec: Partial<PodSpec> = {}, metadata: PodObject['metadata'] = {}): PodObject {
  return {
    metadata: { name: 'p', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: { containers: [{ name: 'a' }], ...spec },
    status,
  }
}

function container(name: string, state: ContainerState, more: object = {}) {
  return { name, state, ready: state.running !== undefined, restartCount: 0, image: '', imageID: '', ...more }
}

const running = { running: { startedAt: '2026-01-01T00:30:00Z' } }
const ended = (exitCode: number, more: object = {}) => ({ terminated: { exitCode, ...more } })
const waiting = (reason: string) => ({ waiting: { reason } })
const init = { initContainers: [{ name: 'i' }, { name: 'j' }] }
const sidecar = { initContainers: [{ name: 's', restartPolicy: 'Always' }] }
const readyCondition = { conditions: [{ type: 'Ready', status: 'True' }] }

const cases: { name: string; given: PodObject; want: [ready: string, status: string, restarts: string] }[] = [
  { name: 'pending without containers', given: pod({ phase: 'Pending' }), want: ['0/1', 'Pending', '0'] },
  {
    name: 'held back by gates',
    given: pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }),
    want: ['0/1', 'SchedulingGated', '0'],
  },
  { name: 'reason of the status wins', given: pod({ phase: 'Failed', reason: 'Evicted' }), want: ['0/1', 'Evicted', '0'] },
  {
    name: 'container being created',
    given: pod({ phase: 'Pending', containerStatuses: [container('a', waiting('ContainerCreating'))] }),
    want: ['0/1', 'ContainerCreating', '0'],
  },
  { name: 'running', given: pod({ phase: 'Running', containerStatuses: [container('a', running)] }), want: ['1/1', 'Running', '0'] },
  {
    name: 'crash loop with time of the last end',
    given: pod({
      phase: 'Running',
      containerStatuses: [
        container('a', waiting('CrashLoopBackOff'), {
          restartCount: 3,
          lastState: ended(1, { finishedAt: '2026-01-01T00:55:00Z' }),
        }),
      ],
    }),
    want: ['0/1', 'CrashLoopBackOff', '3 (5m ago)'],
  },
  {
    name: 'ended without reason: exit code',
    given: pod({ phase: 'Failed', containerStatuses: [container('a', ended(7))] }),
    want: ['0/1', 'ExitCode:7', '0'],
  },
  {
    name: 'ended without reason: signal',
    given: pod({ phase: 'Failed', containerStatuses: [container('a', ended(137, { signal: 9 }))] }),
    want: ['0/1', 'Signal:9', '0'],
  },
  {
    name: 'completed',
    given: pod({ phase: 'Succeeded', containerStatuses: [container('a', ended(0, { reason: 'Completed' }))] }),
    want: ['0/1', 'Completed', '0'],
  },
  {
    name: 'one completed, one running, pod ready',
    given: pod(
      {
        phase: 'Running',
        ...readyCondition,
        containerStatuses: [container('a', ended(0, { reason: 'Completed' })), container('b', running)],
      },
      { containers: [{ name: 'a' }, { name: 'b' }] },
    ),
    want: ['1/2', 'Running', '0'],
  },
  {
    name: 'one completed, one running, pod not ready',
    given: pod(
      { phase: 'Running', containerStatuses: [container('a', ended(0, { reason: 'Completed' })), container('b', running)] },
      { containers: [{ name: 'a' }, { name: 'b' }] },
    ),
    want: ['1/2', 'NotReady', '0'],
  },
  {
    name: 'first init container runs',
    given: pod({ phase: 'Pending', initContainerStatuses: [container('i', running)] }, init),
    want: ['0/1', 'Init:0/2', '0'],
  },
  {
    name: 'second init container waits its turn',
    given: pod({ phase: 'Pending', initContainerStatuses: [container('i', ended(0)), container('j', waiting('PodInitializing'))] }, init),
    want: ['0/1', 'Init:1/2', '0'],
  },
  {
    name: 'init container in a crash loop',
    given: pod({ phase: 'Pending', initContainerStatuses: [container('i', waiting('CrashLoopBackOff'), { restartCount: 2 })] }, init),
    want: ['0/1', 'Init:CrashLoopBackOff', '2'],
  },
  {
    name: 'init container failed without reason',
    given: pod({ phase: 'Failed', initContainerStatuses: [container('i', ended(3))] }, init),
    want: ['0/1', 'Init:ExitCode:3', '0'],
  },
  {
    name: 'main containers wait for the last init container',
    given: pod(
      {
        phase: 'Pending',
        initContainerStatuses: [container('i', ended(0)), container('j', ended(0))],
        containerStatuses: [container('a', waiting('PodInitializing'))],
      },
      init,
    ),
    want: ['0/1', 'PodInitializing', '0'],
  },
  {
    name: 'sidecar counts as ready container and its restarts count',
    given: pod(
      {
        phase: 'Running',
        initContainerStatuses: [container('s', running, { started: true, restartCount: 2 })],
        containerStatuses: [container('a', running, { restartCount: 1 })],
      },
      sidecar,
    ),
    want: ['2/2', 'Running', '3'],
  },
  {
    name: 'being deleted',
    given: pod({ phase: 'Running', containerStatuses: [container('a', running)] }, {}, { deletionTimestamp: '2026-01-01T00:59:00Z' }),
    want: ['1/1', 'Terminating', '0'],
  },
  {
    name: 'being deleted on a lost node',
    given: pod({ phase: 'Running', reason: 'NodeLost' }, {}, { deletionTimestamp: '2026-01-01T00:59:00Z' }),
    want: ['0/1', 'Unknown', '0'],
  },
  {
    name: 'being deleted after its end keeps its reason',
    given: pod(
      { phase: 'Failed', containerStatuses: [container('a', ended(1, { reason: 'Error' }))] },
      {},
      { deletionTimestamp: '2026-01-01T00:59:00Z' },
    ),
    want: ['0/1', 'Error', '0'],
  },
]

for (const { name, given, want } of cases) {
  test(`pod row: ${name}`, () => {
    const cells = row(given, now)
    assert.deepEqual([cells['Ready'], cells['Status'], cells['Restarts']], want)
    assert.equal(cells['Age'], '60m')
  })
}

test('wide columns of a pod', () => {
  const given = pod(
    { podIPs: [{ ip: '10.0.0.1' }], nominatedNodeName: 'n2', conditions: [{ type: 'g1', status: 'True' }] },
    { nodeName: 'n1', readinessGates: [{ conditionType: 'g1' }, { conditionType: 'g2' }] },
  )
  const cells = row(given, now)
  assert.deepEqual([cells['IP'], cells['Node'], cells['Nominated Node'], cells['Readiness Gates']], ['10.0.0.1', 'n1', 'n2', '1/2'])
  const bare = row(pod({}), now)
  assert.deepEqual([bare['IP'], bare['Node'], bare['Nominated Node'], bare['Readiness Gates']], ['<none>', '<none>', '<none>', '<none>'])
})

test('names of the columns are those of upstream', () => {
  assert.deepEqual(
    Pod.columns?.map(({ name, priority = 0 }) => [name, priority]),
    [
      ['Ready', 0],
      ['Status', 0],
      ['Restarts', 0],
      ['Age', 0],
      ['IP', 1],
      ['Node', 1],
      ['Nominated Node', 1],
      ['Readiness Gates', 1],
    ],
  )
})
