// HorizontalPodAutoscaler: defaults, rules, the Targets cell, and autoscaling/v1 with its annotations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hpaFromV1, hpaToV1 } from '../../../src/api/autoscaling/conversion.ts'
import { HorizontalPodAutoscaler } from '../../../src/api/autoscaling/horizontalpodautoscaler.ts'
import { cells, createErrors, defaulted } from '../strategy.ts'

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
const hpa = (more: object = {}) => ({ metadata: { name: 'web' }, spec: { scaleTargetRef, maxReplicas: 5, ...more } })
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }
const packets = {
  type: 'Pods',
  pods: { metric: { name: 'packets', selector: { matchLabels: { a: 'b' } } }, target: { type: 'AverageValue', averageValue: '1k' } },
}

test('defaults: one replica, 80 % of the CPU, behavior filled in', () => {
  const { spec } = defaulted(HorizontalPodAutoscaler, hpa({ behavior: { scaleDown: { selectPolicy: 'Min' } } }))
  assert.equal(spec?.minReplicas, 1)
  assert.deepEqual(spec?.metrics, [cpu])
  assert.deepEqual(spec?.behavior, {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    },
    scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
  })
})

const cases = [
  { name: 'a good one', given: hpa(), want: [] },
  {
    name: 'no maximum',
    given: hpa({ maxReplicas: 0 }),
    want: [
      'spec.maxReplicas: Required value: must be set and greater than 0',
      'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
    ],
  },
  {
    name: 'more than the maximum',
    given: hpa({ minReplicas: 9 }),
    want: ['spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`'],
  },
  {
    name: 'a target without group',
    given: hpa({ scaleTargetRef: { apiVersion: 'v1', kind: 'Deployment', name: 'web' } }),
    want: ['spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
  },
  {
    name: 'a metric without source',
    given: hpa({ metrics: [{ type: 'Pods' }] }),
    want: ['spec.metrics[0].pods: Required value: must populate information for the given metric source'],
  },
  {
    name: 'a metric without target',
    given: hpa({ metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }] }),
    want: [
      'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
    ],
  },
  {
    name: 'a window too long',
    given: hpa({ behavior: { scaleUp: { stabilizationWindowSeconds: 3601 } } }),
    want: ['spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600'],
  },
]

for (const { name, given, want } of cases) test(name, () => assert.deepEqual(createErrors(HorizontalPodAutoscaler, given), want))

test('the Targets cell', () => {
  const targets = (metrics: unknown[], currentMetrics: unknown[] = []) =>
    cells(HorizontalPodAutoscaler, { ...hpa({ metrics }), status: { currentMetrics } })['Targets']
  assert.equal(targets([cpu]), 'cpu: <unknown>/80%')
  assert.equal(targets([cpu], [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 5 } } }]), 'cpu: 5%/80%')
  assert.equal(targets([cpu, packets, packets]), 'cpu: <unknown>/80%, <unknown>/1k + 1 more...')
  assert.equal(targets([]), '<none>')
})

test('autoscaling/v1 keeps in annotations what it has no field for', () => {
  const stored = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    ...hpa({
      minReplicas: 1,
      metrics: [packets, cpu],
      behavior: { scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] } },
    }),
    status: { currentReplicas: 2, desiredReplicas: 2, conditions: [{ type: 'AbleToScale', status: 'True' }] },
  }
  const shown = hpaToV1(stored) as unknown as { spec: object; metadata: { annotations: Record<string, string> } }
  assert.deepEqual(shown.spec, { scaleTargetRef, maxReplicas: 5, minReplicas: 1, targetCPUUtilizationPercentage: 80 })
  assert.deepEqual(shown.metadata.annotations, {
    'autoscaling.alpha.kubernetes.io/metrics':
      '[{"type":"Pods","pods":{"metricName":"packets","targetAverageValue":"1k","selector":{"matchLabels":{"a":"b"}}}}]',
    'autoscaling.alpha.kubernetes.io/behavior':
      '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max","Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}',
    'autoscaling.alpha.kubernetes.io/conditions': '[{"type":"AbleToScale","status":"True"}]',
  })
  assert.deepEqual(hpaFromV1(shown as never), stored)
})

test('autoscaling/v1 without a percentage means the default metric', () => {
  const given = { apiVersion: 'autoscaling/v1', metadata: { name: 'web' }, spec: { scaleTargetRef, maxReplicas: 5 } }
  assert.deepEqual((hpaFromV1(given as never) as unknown as { spec: { metrics: unknown } }).spec.metrics, [cpu])
})
