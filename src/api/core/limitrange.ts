// LimitRange: bounds and defaults of resources in a namespace.
import type { LimitRange as LimitRangeObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { computeLimitDefaults, validateLimitRange } from './limit-rules.ts'

export const LimitRange = defineKind<LimitRangeObject>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  resource: 'limitranges',
  shortNames: ['limits'],
  scope: 'Namespaced',
  nameRule: 'dns-subdomain',
  createOnUpdate: true,
  computeDefaults: computeLimitDefaults,
  validate: validateLimitRange,
})
