// Conditions, completeness and shares of workloads.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLabelSelector, labelSelectorMatches, labelSelectorText } from '../../../src/api/apps/label-selector.ts'
import type { Condition } from '../../../src/api/apps/queries.ts'
import { isDeploymentComplete, scaledValue, setCondition } from '../../../src/api/apps/queries.ts'

test('a condition moves only when status or reason do', () => {
  const old: Condition[] = [
    { type: 'A', status: 'True', reason: 'x', lastTransitionTime: 't0' },
    { type: 'B', status: 'True' },
  ]
  assert.deepEqual(setCondition(old, { type: 'A', status: 'True', reason: 'x' }, 't1'), old)
  assert.deepEqual(setCondition(old, { type: 'A', status: 'True', reason: 'y' }, 't1').at(-1), {
    type: 'A',
    status: 'True',
    reason: 'y',
    lastTransitionTime: 't0',
  })
  assert.equal(setCondition(old, { type: 'A', status: 'False', reason: 'x' }, 't1').at(-1)?.lastTransitionTime, 't1')
})

test('a Deployment is complete when all is new and seen', () => {
  const deployment = { metadata: { generation: 2 }, spec: { replicas: 1 } } as never
  const status = { replicas: 1, updatedReplicas: 1, availableReplicas: 1, observedGeneration: 2 }
  assert.equal(isDeploymentComplete(deployment, status), true)
  assert.equal(isDeploymentComplete(deployment, { ...status, replicas: 2 }), false)
  assert.equal(isDeploymentComplete(deployment, { ...status, observedGeneration: 1 }), false)
})

test('shares round as asked', () => {
  assert.equal(scaledValue('25%', 5, 'up'), 2)
  assert.equal(scaledValue('25%', 5, 'down'), 1)
  assert.equal(scaledValue(3, 5, 'down'), 3)
})

test('selectors as text', () => {
  const selector = {
    matchLabels: { b: '1' },
    matchExpressions: [
      { key: 'a', operator: 'In', values: ['y', 'x'] },
      { key: 'c', operator: 'DoesNotExist' },
    ],
  }
  assert.equal(labelSelectorText(selector), 'a in (x,y),b=1,!c')
  assert.equal(formatLabelSelector({}), '<none>')
  assert.equal(formatLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Is' }] }), '<error>')
  assert.equal(labelSelectorMatches(selector, { a: 'x', b: '1' }), true)
  assert.equal(labelSelectorMatches(selector, { a: 'x', b: '1', c: '' }), false)
  assert.equal(labelSelectorMatches(undefined, {}), false)
})
