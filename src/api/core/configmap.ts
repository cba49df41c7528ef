// ConfigMap: names, columns. What may be in it: validate-data.ts.
import type { ConfigMap as ConfigMapObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { validateConfigMap, validateConfigMapUpdate } from './validate-data.ts'

export const ConfigMap = defineKind<ConfigMapObject>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  shortNames: ['cm'],
  scope: 'Namespaced',
  nameRule: 'dns-subdomain',
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  columns: [
    {
      name: 'Data',
      description: 'Number of entries.',
      value: ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    },
    ageColumn,
  ],
})
