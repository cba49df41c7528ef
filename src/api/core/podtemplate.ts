// PodTemplate: a template stored by itself; no controller reads it, clients may.
import type { PodTemplate as PodTemplateObject } from '../../../openapi/types/core/v1.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import { at } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { containerImages, containerNames, formatLabels, nameColumn } from '../shared/columns.ts'
import { computePodTemplateDefaults, podSpecDefaults } from '../shared/pod-spec-defaults.ts'
import { validatePodTemplate } from '../shared/validate-pod-template.ts'
import { podTemplateWarnings } from './pod/warnings.ts'

export const PodTemplate = defineKind<PodTemplateObject>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  scope: 'Namespaced',
  nameRule: 'dns-subdomain',
  defaults: podSpecDefaults('template.spec'),
  computeDefaults: ({ template }) => computePodTemplateDefaults(template),
  validate: ({ template }) => validatePodTemplate(template, at('template')),
  generation: ({ template }, old) => !semanticDeepEqual(template, old.template),
  warnings: ({ template }) => podTemplateWarnings(template, at('template')),
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
