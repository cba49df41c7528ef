// How simulated containers behave: stages, what a command tells, annotations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../../openapi/types/core/v1.ts'
import { behaviour, type ContainerRole } from '../../../src/kubelet/runtime/behaviour.ts'
import { imageRepository, normalizedImage } from '../../../src/kubelet/runtime/image-name.ts'

const sh = (script: string) => ['sh', '-c', script]
const ofJob = { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }] }

const rows: {
  name: string
  command?: string[]
  args?: string[]
  role?: ContainerRole
  metadata?: Pod['metadata']
  want: [number | undefined, number]
}[] = [
  { name: 'a server runs for ever', want: [undefined, 0] },
  { name: 'an init container completes', role: 'init', want: [20, 0] },
  { name: 'a sidecar stays', role: 'sidecar', want: [undefined, 0] },
  { name: 'a Job completes', metadata: ofJob, want: [200, 0] },
  { name: 'exit', command: sh('exit 3'), want: [20, 3] },
  { name: 'sleep, then exit', command: sh('sleep 5; exit 1'), want: [5000, 1] },
  { name: 'sleep with units', command: ['sleep', '1.5m'], want: [90_000, 0] },
  { name: 'sleep in args', command: ['/bin/sh'], args: ['-c', 'echo hi && sleep 2'], want: [2000, 0] },
  { name: 'a Job that sleeps and fails', command: sh('sleep 1; exit 2'), metadata: ofJob, want: [1000, 2] },
  { name: 'false', command: ['false'], want: [20, 1] },
  { name: 'sleep infinity', command: ['sleep', 'infinity'], want: [undefined, 0] },
  { name: 'a loop', command: sh('while true; do sleep 1; done'), want: [undefined, 0] },
  { name: 'an unknown program', command: ['nginx', '-g', 'daemon off;'], want: [undefined, 0] },
  { name: 'exit-code', metadata: { annotations: { 'hollow.k8ts.io/exit-code': '4' } }, want: [50, 4] },
  { name: 'run-seconds', metadata: { annotations: { 'hollow.k8ts.io/run-seconds': '3' } }, want: [3000, 0] },
  { name: 'for another container', metadata: { annotations: { 'hollow.k8ts.io/exit-code.x': '4' } }, want: [undefined, 0] },
  {
    name: 'for this container',
    metadata: { annotations: { 'hollow.k8ts.io/exit-code.c': '4', 'hollow.k8ts.io/run-seconds': '1' } },
    want: [1000, 4],
  },
  {
    name: 'nonsense',
    metadata: { annotations: { 'hollow.k8ts.io/exit-code': 'x', 'hollow.k8ts.io/run-seconds': '-1' } },
    want: [undefined, 0],
  },
]

for (const { name, command, args, role = 'main', metadata = {}, want } of rows) {
  test(`behaviour: ${name}`, () => {
    const container = { name: 'c', ...(command === undefined ? {} : { command }), ...(args === undefined ? {} : { args }) }
    const { runMs, exitCode } = behaviour({ metadata }, container, role)
    assert.deepEqual([runMs, exitCode], want)
  })
}

const images: [string, string | undefined][] = [
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.29', 'docker.io/library/nginx:1.29'],
  ['bitnami/redis', 'docker.io/bitnami/redis:latest'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
  ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
  [`x@sha256:${'0'.repeat(64)}`, `docker.io/library/x@sha256:${'0'.repeat(64)}`],
  ['quay.io/foo/bar_baz:v1', 'quay.io/foo/bar_baz:v1'],
  ['k8s.gcr.io/e2e-test-images/agnhost:2.39', 'k8s.gcr.io/e2e-test-images/agnhost:2.39'],
  ['a.b-c__d:1.0_x', 'docker.io/library/a.b-c__d:1.0_x'],
  [`r.io/x:1@sha256:${'a'.repeat(64)}`, `r.io/x@sha256:${'a'.repeat(64)}`],
  ['Nginx', undefined],
  ['x:1:2', undefined],
  ['a b', undefined],
  ['', undefined],
]

test('image names are normalised', () => {
  assert.deepEqual(
    images.map(([given]) => [given, normalizedImage(given)]),
    images,
  )
  assert.equal(imageRepository('localhost:5000/a/b:1'), 'localhost:5000/a/b')
})
