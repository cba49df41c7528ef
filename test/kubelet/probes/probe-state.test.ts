// Probes as a state machine: when they are due, and what their answers mean.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Probe } from '../../../openapi/types/core/v1.ts'
import { hollowProbe } from '../../../src/kubelet/probes/hollow-probe.ts'
import {
  dueProbes,
  failedProbe,
  hasStarted,
  isReady,
  newProbeState,
  type ProbeKind,
  probed,
} from '../../../src/kubelet/probes/probe-state.ts'

const container = (kind: ProbeKind, probe: Probe): Container => ({ name: 'c', [`${kind}Probe`]: probe })

function after(kind: ProbeKind, probe: Probe, answers: boolean[]) {
  let state = newProbeState(container(kind, probe), 'id', 0)
  for (const ok of answers) state = probed(state, kind, probe, { ok, output: '' }, 0)
  return state
}

test('without probes a container is started and ready', () => {
  const state = newProbeState({ name: 'c' }, 'id', 0)
  assert.deepEqual([hasStarted(state), isReady(state), failedProbe(state)], [true, true, undefined])
})

const rows: { name: string; kind: ProbeKind; probe?: Probe; answers: boolean[]; want: [boolean, boolean, string | undefined] }[] = [
  { name: 'readiness unknown', kind: 'readiness', answers: [], want: [true, false, undefined] },
  { name: 'readiness passed', kind: 'readiness', answers: [true], want: [true, true, undefined] },
  {
    name: 'readiness below its success threshold',
    kind: 'readiness',
    probe: { successThreshold: 2 },
    answers: [true],
    want: [true, false, undefined],
  },
  { name: 'readiness survives two failures', kind: 'readiness', answers: [true, false, false], want: [true, true, undefined] },
  { name: 'readiness lost after three', kind: 'readiness', answers: [true, false, false, false], want: [true, false, undefined] },
  { name: 'liveness unknown', kind: 'liveness', answers: [], want: [true, true, undefined] },
  { name: 'liveness failed', kind: 'liveness', probe: { failureThreshold: 2 }, answers: [false, false], want: [true, true, 'liveness'] },
  {
    name: 'a success in between counts anew',
    kind: 'liveness',
    probe: { failureThreshold: 2 },
    answers: [false, true, false],
    want: [true, true, undefined],
  },
  { name: 'startup pending', kind: 'startup', answers: [false], want: [false, false, undefined] },
  { name: 'startup passed', kind: 'startup', answers: [false, true], want: [true, true, undefined] },
  { name: 'startup failed', kind: 'startup', answers: [false, false, false], want: [false, false, 'startup'] },
]

for (const { name, kind, probe = {}, answers, want } of rows) {
  test(`probe: ${name}`, () => {
    const state = after(kind, probe, answers)
    assert.deepEqual([hasStarted(state), isReady(state), failedProbe(state)], want)
  })
}

test('the first probe comes after its initial delay, the next one period later', () => {
  const probe = { initialDelaySeconds: 5, periodSeconds: 3 }
  const state = newProbeState(container('readiness', probe), 'id', 1000)
  assert.deepEqual(dueProbes(state, 1000), { due: [], nextAt: 6000 })
  assert.deepEqual(dueProbes(state, 6000), { due: ['readiness'] })
  assert.deepEqual(dueProbes(probed(state, 'readiness', probe, { ok: true, output: '' }, 6000), 6000), { due: [], nextAt: 9000 })
})

test('other probes wait for the startup probe', () => {
  const state = newProbeState({ name: 'c', startupProbe: {}, livenessProbe: {}, readinessProbe: {} }, 'id', 0)
  assert.deepEqual(dueProbes(state, 0).due, ['startup'])
  assert.deepEqual(dueProbes(probed(state, 'startup', {}, { ok: true, output: '' }, 0), 0).due, ['liveness', 'readiness'])
})

test('a steady answer is not asked for again', () => {
  const state = newProbeState(container('readiness', {}), 'id', 0)
  assert.deepEqual(dueProbes(probed(state, 'readiness', {}, { ok: true, output: '', steady: true }, 0), 60_000), { due: [] })
})

test('simulated probes follow the annotation', () => {
  const ask = (text: string | undefined, now: number) => {
    const annotations: Record<string, string> = text === undefined ? {} : { 'hollow.k8ts.io/readiness': text }
    const { ok, steady } = hollowProbe({ metadata: { annotations } }, { name: 'c' }, 'readiness', 0, now)
    return [ok, steady]
  }
  assert.deepEqual(ask(undefined, 0), [true, true])
  assert.deepEqual(ask('fail', 0), [false, false])
  assert.deepEqual(ask('ok after 2s', 1999), [false, false])
  assert.deepEqual(ask('ok after 2s', 2000), [true, true])
  assert.deepEqual(ask('fail after 1m', 59_000), [true, false])
  assert.deepEqual(ask('fail after 1m', 60_000), [false, false])
})
