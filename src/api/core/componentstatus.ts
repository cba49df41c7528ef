// ComponentStatus: the (deprecated) health of scheduler, controller-manager and store; computed on read, never stored.
import type { ComponentStatus as ComponentStatusObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const ComponentStatus = defineKind<ComponentStatusObject>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  shortNames: ['cs'],
  scope: 'Cluster',
  verbs: ['get', 'list'],
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  columns: [
    { name: 'Status', description: 'Status of the component conditions', value: (component) => healthOf(component).status },
    { name: 'Message', description: 'Message of the component conditions', value: (component) => healthOf(component).message },
    { name: 'Error', description: 'Error of the component conditions', value: (component) => healthOf(component).error },
  ],
})

function healthOf({ conditions }: ComponentStatusObject): { status: string; message: string; error: string } {
  const healthy = conditions?.find((condition) => condition.type === 'Healthy')
  if (healthy === undefined) return { status: 'Unknown', message: '', error: '' }
  return { status: healthy.status === 'True' ? 'Healthy' : 'Unhealthy', message: healthy.message ?? '', error: healthy.error ?? '' }
}
