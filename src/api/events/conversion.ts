// events.k8s.io/v1 Event ⇄ core/v1 Event: one stored object with two sets of field names.
import type { KubeObject } from '../../apimachinery/meta.ts'

/** Field of events.k8s.io/v1 → field of core/v1. All others have the same name in both. */
const coreNames: Readonly<Record<string, string>> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
}

const eventsNames: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(coreNames).map(([events, core]) => [core, events]))

/** Field selectors of events.k8s.io/v1 that have another name in core/v1. */
export const eventFieldSelectors: Readonly<Record<string, string>> = {
  'regarding.kind': 'involvedObject.kind',
  'regarding.namespace': 'involvedObject.namespace',
  'regarding.name': 'involvedObject.name',
  'regarding.uid': 'involvedObject.uid',
  'regarding.apiVersion': 'involvedObject.apiVersion',
  'regarding.resourceVersion': 'involvedObject.resourceVersion',
  'regarding.fieldPath': 'involvedObject.fieldPath',
  reportingController: 'reportingComponent',
}

/** From events.k8s.io/v1 to the stored form. */
export function eventToCore(event: KubeObject): KubeObject {
  return { ...renamed(event, coreNames), apiVersion: 'v1' }
}

/** From the stored form to events.k8s.io/v1. */
export function eventFromCore(event: KubeObject): KubeObject {
  return { ...renamed(event, eventsNames), apiVersion: 'events.k8s.io/v1' }
}

function renamed(event: KubeObject, names: Readonly<Record<string, string>>): KubeObject {
  return Object.fromEntries(Object.entries(event).map(([name, value]) => [Object.hasOwn(names, name) ? names[name] : name, value]))
}
