// Endpoints: its names and rules as data.
import type { Endpoints as EndpointsObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const Endpoints = defineKind<EndpointsObject>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  resource: 'endpoints',
  scope: 'Namespaced',
})
