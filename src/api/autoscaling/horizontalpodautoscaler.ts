// HorizontalPodAutoscaler: scales a workload by metrics. Stored as v2; v1 is converted (conversion.ts).
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerObject } from '../../../openapi/types/autoscaling/v2.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { legacyVersion } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { hpaFromV1, hpaToV1 } from './conversion.ts'
import { hpaCreateErrors, hpaDefaults, hpaErrors, hpaStatusErrors, hpaUpdateErrors } from './horizontalpodautoscaler-rules.ts'
import { metricTargets } from './metric-targets.ts'

export const HorizontalPodAutoscaler = defineKind<HorizontalPodAutoscalerObject>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  computeDefaults: hpaDefaults,
  validate: hpaErrors,
  validateCreate: hpaCreateErrors,
  validateUpdate: hpaUpdateErrors,
  validateStatusUpdate: hpaStatusErrors,
  served: [
    {
      group: 'autoscaling',
      version: 'v1',
      schemaName: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
      toStorage: hpaFromV1,
      fromStorage: hpaToV1,
    },
    legacyVersion('autoscaling', 'v2beta2', {
      kind: 'HorizontalPodAutoscaler',
      use: 'autoscaling/v2',
      schemaName: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
      deprecated: '1.23',
      removed: '1.26',
    }),
  ],
  columns: [
    {
      name: 'Reference',
      description: 'What is scaled.',
      value: (hpa) => `${hpa.spec?.scaleTargetRef?.kind ?? ''}/${hpa.spec?.scaleTargetRef?.name ?? ''}`,
    },
    {
      name: 'Targets',
      description: 'Present and wanted values of the metrics.',
      value: (hpa) => metricTargets(hpa.spec?.metrics, hpa.status?.currentMetrics ?? []),
    },
    { name: 'MinPods', description: 'Least number of replicas.', value: (hpa) => String(hpa.spec?.minReplicas ?? '<unset>') },
    { name: 'MaxPods', description: 'Greatest number of replicas.', value: (hpa) => hpa.spec?.maxReplicas ?? 0 },
    { name: 'Replicas', description: 'Number of replicas seen.', value: (hpa) => hpa.status?.currentReplicas ?? 0 },
    ageColumn,
  ],
})
