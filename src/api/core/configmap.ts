// ConfigMap: its names and rules as data.
import type { ConfigMap as ConfigMapObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const ConfigMap = defineKind<ConfigMapObject>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  scope: 'Namespaced',
})
