// events.k8s.io/v1 and the core Event are one object.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventFromCore, eventToCore } from '../../../src/api/events/conversion.ts'

const core = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'a' },
  involvedObject: { kind: 'Pod', name: 'p' },
  message: 'Started',
  reason: 'Started',
  source: { component: 'kubelet' },
  count: 2,
  reportingComponent: 'kubelet',
}

test('fields have other names, and come back', () => {
  const shown = eventFromCore(core)
  assert.deepEqual(shown, {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'a' },
    regarding: { kind: 'Pod', name: 'p' },
    note: 'Started',
    reason: 'Started',
    deprecatedSource: { component: 'kubelet' },
    deprecatedCount: 2,
    reportingController: 'kubelet',
  })
  assert.deepEqual(eventToCore(shown), core)
})
