// Pod: its names and rules as data.
import type { Pod as PodObject } from '../../../../openapi/types/core/v1.ts'
import { defineKind } from '../../../apimachinery/kind.ts'

export const Pod = defineKind<PodObject>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  scope: 'Namespaced',
})
