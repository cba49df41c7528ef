// PodTemplate: its names and rules as data.
import type { PodTemplate as PodTemplateObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const PodTemplate = defineKind<PodTemplateObject>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  scope: 'Namespaced',
})
