// A kind of a custom resource, for tests.
import { defineKind, type Kind } from '../../src/apimachinery/kind.ts'

export const Widget: Kind = defineKind({ group: 'example.com', version: 'v1', kind: 'Widget', resource: 'widgets', scope: 'Namespaced' })
