// LimitRange: its names and rules as data.
import type { LimitRange as LimitRangeObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const LimitRange = defineKind<LimitRangeObject>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  resource: 'limitranges',
  scope: 'Namespaced',
})
