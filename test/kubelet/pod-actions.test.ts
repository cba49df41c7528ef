// What a pod needs next: each row is a state of the world and the actions that follow.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod, PodSpec } from '../../openapi/types/core/v1.ts'
import { containerHash } from '../../src/kubelet/container-hash.ts'
import { type Action, type Attempts, podActions } from '../../src/kubelet/pod-actions.ts'
import type { ContainerState, PodState } from '../../src/kubelet/runtime/runtime.ts'

const now = 1_000_000
const c: Container = { name: 'c', image: 'nginx', imagePullPolicy: 'IfNotPresent' }
const init: Container = { name: 'i', image: 'busybox' }
const sidecar: Container = { name: 's', image: 'proxy', restartPolicy: 'Always' }

function pod(spec: Partial<PodSpec> = {}, metadata: Pod['metadata'] = {}): Pod {
  return { metadata: { name: 'p', namespace: 'ns', uid: 'u', ...metadata }, spec: { containers: [c], restartPolicy: 'Always', ...spec } }
}

function ran(container: Container, more: Partial<ContainerState> = {}): ContainerState {
  const { name, image = '' } = container
  const hash = containerHash(container)
  return { id: `${name}-0`, name, attempt: 0, image, imageRef: 'ref', hash, phase: 'running', createdAt: now, startedAt: now, ...more }
}

const exited = (container: Container, exitCode: number, finishedAt = now) => ran(container, { phase: 'exited', exitCode, finishedAt })
const sandbox = { id: 'sb', attempt: 0, ready: true, createdAt: now, ips: ['10.1.0.2'] }
const up = (...containers: ContainerState[]): PodState => ({ sandboxes: [sandbox], containers })

const tried: Attempts = {
  restarts: new Map(),
  pulls: new Map(),
  pulled: new Map(),
  unhealthy: new Map(),
  failed: false,
  started: () => true,
  imageRef: () => 'ref',
}
const absent: Partial<Attempts> = { imageRef: () => undefined }
const failedPull = (at: number): Partial<Attempts> => ({ ...absent, pulls: new Map([['nginx', { delayMs: 10_000, at, message: 'no' }]]) })

function told(action: Action): string {
  switch (action.do) {
    case 'create-sandbox':
      return `sandbox ${action.attempt}`
    case 'stop-sandbox':
      return `stop sandbox ${action.sandbox.id}`
    case 'stop':
      return `stop ${action.container.name} ${action.graceSeconds}s: ${action.message}`
    case 'wait':
      return `wait ${action.container.name} ${action.reason}: ${action.message}`
    case 'start':
      return `start ${action.container.name} ${action.attempt}${action.restart === undefined ? '' : ` back-off ${action.restart.delayMs}`}`
    default:
      return `${action.do} ${action.container.name}`
  }
}

const dying = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 7 }
const never = { restartPolicy: 'Never' }

const rows: {
  name: string
  pod?: Pod
  observed: PodState
  attempts?: Partial<Attempts>
  want: string[]
  finished?: true
  recheckAt?: number
}[] = [
  { name: 'a new pod gets a sandbox first', observed: { sandboxes: [], containers: [] }, want: ['sandbox 0'] },
  {
    name: 'a lost sandbox is made anew',
    observed: { sandboxes: [{ ...sandbox, ready: false }], containers: [exited(c, 137)] },
    want: ['sandbox 1'],
  },
  { name: 'main containers start', observed: up(), want: ['start c 0'] },
  { name: 'an absent image is pulled first', observed: up(), attempts: absent, want: ['pull c'] },
  {
    name: 'policy Always pulls although the image is there',
    pod: pod({ containers: [{ ...c, imagePullPolicy: 'Always' }] }),
    observed: up(),
    want: ['pull c'],
  },
  {
    name: 'policy Always starts after its pull',
    pod: pod({ containers: [{ ...c, imagePullPolicy: 'Always' }] }),
    observed: up(),
    attempts: { pulled: new Map([['c', 0]]) },
    want: ['start c 0'],
  },
  {
    name: 'policy Never with an absent image',
    pod: pod({ containers: [{ ...c, imagePullPolicy: 'Never' }] }),
    observed: up(),
    attempts: absent,
    want: ['wait c ErrImageNeverPull: Container image "nginx" is not present with pull policy of Never'],
  },
  {
    name: 'a failed pull shows its error',
    observed: up(),
    attempts: failedPull(now),
    want: ['wait c ErrImagePull: no'],
    recheckAt: now + 2000,
  },
  {
    name: 'then rests',
    observed: up(),
    attempts: failedPull(now - 3000),
    want: ['wait c ImagePullBackOff: Back-off pulling image "nginx": ErrImagePull: no'],
    recheckAt: now + 7000,
  },
  { name: 'then is tried again', observed: up(), attempts: failedPull(now - 10_000), want: ['pull c'] },
  { name: 'what runs is left alone', observed: up(ran(c)), want: [] },
  { name: 'init containers go one by one', pod: pod({ initContainers: [init, sidecar] }), observed: up(), want: ['start i 0'] },
  { name: 'a running init container is waited for', pod: pod({ initContainers: [init] }), observed: up(ran(init)), want: [] },
  {
    name: 'after the last one main containers start',
    pod: pod({ initContainers: [init] }),
    observed: up(exited(init, 0)),
    want: ['start c 0'],
  },
  {
    name: 'a failed init container runs again',
    pod: pod({ initContainers: [init] }),
    observed: up(exited(init, 1)),
    want: ['start i 1 back-off 10000'],
  },
  {
    name: 'a failed init container ends a pod that never restarts',
    pod: pod({ initContainers: [init], ...never }),
    observed: up(exited(init, 1)),
    want: ['stop sandbox sb'],
  },
  {
    name: 'a sidecar has to be started before what follows',
    pod: pod({ initContainers: [sidecar, init] }),
    observed: up(ran(sidecar)),
    attempts: { started: () => false },
    want: [],
  },
  {
    name: 'a started sidecar lets the next go',
    pod: pod({ initContainers: [sidecar, init] }),
    observed: up(ran(sidecar)),
    want: ['start i 0'],
  },
  {
    name: 'a sidecar that ends runs again beside main containers',
    pod: pod({ initContainers: [sidecar] }),
    observed: up(ran(c), exited(sidecar, 0)),
    want: ['start s 1 back-off 10000'],
  },
  { name: 'a crashed container runs again at once', observed: up(exited(c, 1)), want: ['start c 1 back-off 10000'] },
  {
    name: 'and rests the second time',
    observed: up(exited(c, 1, now - 3000)),
    attempts: { restarts: new Map([['c', { delayMs: 10_000, at: now - 4000 }]]) },
    want: ['wait c CrashLoopBackOff: back-off 10s restarting failed container=c pod=p_ns(u)'],
    recheckAt: now + 7000,
  },
  {
    name: 'after the rest the next back-off is twice as long',
    observed: up(exited(c, 1, now - 10_000)),
    attempts: { restarts: new Map([['c', { delayMs: 10_000, at: now - 11_000 }]]) },
    want: ['start c 1 back-off 20000'],
  },
  {
    name: 'ten quiet minutes forget the back-off',
    observed: up(exited(c, 1, now)),
    attempts: { restarts: new Map([['c', { delayMs: 300_000, at: now - 600_001 }]]) },
    want: ['start c 1 back-off 10000'],
  },
  {
    name: 'OnFailure does not repeat success',
    pod: pod({ restartPolicy: 'OnFailure' }),
    observed: up(exited(c, 0)),
    want: ['stop sandbox sb'],
  },
  {
    name: 'OnFailure repeats failure',
    pod: pod({ restartPolicy: 'OnFailure' }),
    observed: up(exited(c, 2)),
    want: ['start c 1 back-off 10000'],
  },
  { name: 'Never repeats nothing', pod: pod(never), observed: up(exited(c, 2)), want: ['stop sandbox sb'] },
  {
    name: "a container's own policy goes before the pod's",
    pod: pod({ containers: [{ ...c, restartPolicy: 'Never' }] }),
    observed: up(exited(c, 2)),
    want: ['stop sandbox sb'],
  },
  {
    name: 'a rule for its exit code goes before both',
    pod: pod({
      containers: [
        { ...c, restartPolicy: 'Never', restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }] },
      ],
    }),
    observed: up(exited(c, 42)),
    want: ['start c 1 back-off 10000'],
  },
  {
    name: 'an ephemeral container is started once',
    pod: pod({ ephemeralContainers: [{ name: 'd', image: 'busybox' }] }),
    observed: up(ran(c)),
    want: ['start d 0'],
  },
  {
    name: 'and never again',
    pod: pod({ ephemeralContainers: [{ name: 'd', image: 'busybox' }] }),
    observed: up(ran(c), exited({ name: 'd' }, 1)),
    want: [],
  },
  {
    name: 'an image name that is none',
    pod: pod({ containers: [{ ...c, image: 'Nginx' }] }),
    observed: up(),
    want: [
      'wait c InvalidImageName: Failed to apply default image tag "Nginx": couldn\'t parse image name "Nginx": invalid reference format: repository name must be lowercase',
    ],
  },
  {
    name: 'a failed liveness probe kills',
    observed: up(ran(c)),
    attempts: { unhealthy: new Map([['c-0', 'why']]) },
    want: ['stop c 30s: why'],
  },
  {
    name: 'a changed image restarts',
    observed: up(ran({ ...c, image: 'old' })),
    want: ['stop c 30s: Container c definition changed, will be restarted'],
  },
  {
    name: 'deletion stops main containers before sidecars',
    pod: pod({ initContainers: [sidecar] }, dying),
    observed: up(ran(c), ran(sidecar)),
    want: ['stop c 7s: Stopping container c'],
  },
  {
    name: 'then the last sidecar',
    pod: pod({ initContainers: [sidecar, { ...sidecar, name: 't' }] }, dying),
    observed: up(exited(c, 0), ran(sidecar), ran({ ...sidecar, name: 't' })),
    want: ['stop t 7s: Stopping container t'],
  },
  { name: 'then the sandbox', pod: pod({}, dying), observed: up(exited(c, 0)), want: ['stop sandbox sb'] },
  {
    name: 'then nothing',
    pod: pod({}, dying),
    observed: { sandboxes: [{ ...sandbox, ready: false }], containers: [exited(c, 0)] },
    want: [],
    finished: true,
  },
  {
    name: 'grace zero still leaves two seconds',
    pod: pod({}, { ...dying, deletionGracePeriodSeconds: 0 }),
    observed: up(ran(c)),
    want: ['stop c 2s: Stopping container c'],
  },
  {
    name: 'a refused pod starts nothing',
    observed: { sandboxes: [], containers: [] },
    attempts: { failed: true },
    want: [],
    finished: true,
  },
  {
    name: 'a pod the API calls Failed is stopped',
    pod: { ...pod(), status: { phase: 'Failed' } },
    observed: up(ran(c)),
    want: ['stop c 30s: Stopping container c'],
  },
]

for (const { name, pod: given = pod(), observed, attempts, want, finished, recheckAt } of rows) {
  test(name, () => {
    const result = podActions(given, observed, { ...tried, ...attempts }, now)
    assert.deepEqual(result.actions.map(told), want)
    assert.equal(result.finished, finished ?? false)
    assert.equal(result.recheckAt, recheckAt)
  })
}
