// IngressClass: which controller serves an Ingress.
import type { IngressClass as IngressClassObject } from '../../../openapi/types/networking/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { legacyVersion } from '../legacy-version.ts'
import { ageColumn, nameColumn } from '../shared/columns.ts'
import { ingressClassErrors } from './ingressclass-rules.ts'

/** The annotation that makes a class the default one. */
export const defaultIngressClassAnnotation = 'ingressclass.kubernetes.io/is-default-class'

export const IngressClass = defineKind<IngressClassObject>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  scope: 'Cluster',
  generation: 'spec',
  defaults: { 'spec.parameters.scope': 'Cluster' },
  validate: ingressClassErrors,
  immutable: ['spec.controller'],
  served: [
    legacyVersion('networking.k8s.io', 'v1beta1', {
      kind: 'IngressClass',
      use: 'networking.k8s.io/v1',
      schemaName: 'io.k8s.api.networking.v1beta1.IngressClass',
      deprecated: '1.19',
      removed: '1.22',
    }),
  ],
  columns: [
    {
      ...nameColumn,
      value: (ingressClass) => `${ingressClass.metadata?.name ?? ''}${isDefaultIngressClass(ingressClass) ? ' (default)' : ''}`,
    },
    {
      name: 'Controller',
      description: 'The controller that serves the class.',
      value: (ingressClass) => ingressClass.spec?.controller ?? '',
    },
    { name: 'Parameters', description: 'A resource with further settings.', value: parameters },
    ageColumn,
  ],
})

/** Whether Ingresses without a class get this one. */
export function isDefaultIngressClass(ingressClass: IngressClassObject): boolean {
  return ingressClass.metadata?.annotations?.[defaultIngressClassAnnotation] === 'true'
}

function parameters(ingressClass: IngressClassObject): string {
  const reference = ingressClass.spec?.parameters
  if (reference === undefined) return '<none>'
  const group = reference.apiGroup === undefined ? '' : `.${reference.apiGroup}`
  return `${reference.kind}${group}/${reference.name}`
}
