// PodTemplate: a template stored by itself; no controller reads it, clients may.
import type { PodTemplate as PodTemplateObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { containerImages, containerNames, formatLabels, nameColumn } from '../shared/columns.ts'

export const PodTemplate = defineKind<PodTemplateObject>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  scope: 'Namespaced',
  nameRule: 'dns-subdomain',
  deleteReturnsObject: true,
  columns: [
    nameColumn,
    {
      name: 'Containers',
      description: 'Names of each container in the template.',
      value: ({ template }) => containerNames(template?.spec?.containers),
    },
    {
      name: 'Images',
      description: 'Images referenced by each container in the template.',
      value: ({ template }) => containerImages(template?.spec?.containers),
    },
    {
      name: 'Pod Labels',
      description: 'The labels for the pod template.',
      value: ({ template }) => formatLabels(template?.metadata?.labels),
    },
  ],
})
