// Binding assigns a pod to a node: posted, answered, never stored.
import type { Binding as BindingObject } from '../../../openapi/types/core/v1.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, notSupported, required } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const Binding = defineKind<BindingObject>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  resource: 'bindings',
  scope: 'Namespaced',
  verbs: ['create'],
  ephemeral: true,
  validate: validateBinding,
})

/** A binding names a node. */
export function validateBinding({ target }: BindingObject): FieldError[] {
  const errors: FieldError[] = []
  if (target?.kind && target.kind !== 'Node') errors.push(notSupported(at('target', 'kind'), target.kind, ['Node', '<empty>']))
  return target?.name ? errors : [...errors, required(at('target', 'name'))]
}
