// events.k8s.io/v1: the newer face of the core Event. The kind itself is defined in the core group.
import type { ServedVersion } from '../../apimachinery/kind.ts'
import { legacyVersion } from '../legacy-version.ts'
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

/** The same in v1beta1, which was removed in 1.25. */
export const eventsV1beta1: ServedVersion = {
  ...legacyVersion('events.k8s.io', 'v1beta1', {
    kind: 'Event',
    use: 'events.k8s.io/v1',
    schemaName: 'io.k8s.api.events.v1beta1.Event',
    deprecated: '1.22',
    removed: '1.25',
  }),
  toStorage: eventToCore,
  fromStorage: (event) => ({ ...eventFromCore(event), apiVersion: 'events.k8s.io/v1beta1' }),
  fieldSelectors: eventFieldSelectors,
}
