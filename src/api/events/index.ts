// events.k8s.io/v1: the newer face of the core Event. The kind itself is defined in the core group.
import type { ServedVersion } from '../../apimachinery/kind.ts'
import { eventFieldSelectors, eventFromCore, eventToCore } from './conversion.ts'

/** For `served` of the core Event kind. */
export const eventsV1: ServedVersion = {
  group: 'events.k8s.io',
  version: 'v1',
  schemaName: 'io.k8s.api.events.v1.Event',
  toStorage: eventToCore,
  fromStorage: eventFromCore,
  fieldSelectors: eventFieldSelectors,
}
