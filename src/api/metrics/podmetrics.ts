// metrics.k8s.io/v1beta1 PodMetrics: what the containers of a pod use now. Answered by apiserver/metrics-api, never stored.
import type { PodMetrics as PodMetricsObject } from '../../../openapi/types/metrics/v1beta1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { usageColumns } from './columns.ts'

export const PodMetrics = defineKind<PodMetricsObject>({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  resource: 'pods',
  singular: '',
  scope: 'Namespaced',
  schemaName: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics',
  verbs: ['get', 'list'],
  columns: usageColumns<PodMetricsObject>(({ containers = [] }) => containers.map(({ usage }) => usage)),
})
