// metrics.k8s.io/v1beta1 NodeMetrics: what a node uses now. Answered by apiserver/metrics-api, never stored.
import type { NodeMetrics as NodeMetricsObject } from '../../../openapi/types/metrics/v1beta1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { usageColumns } from './columns.ts'

export const NodeMetrics = defineKind<NodeMetricsObject>({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  resource: 'nodes',
  singular: '',
  scope: 'Cluster',
  schemaName: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics',
  verbs: ['get', 'list'],
  columns: usageColumns<NodeMetricsObject>(({ usage }) => [usage]),
})
