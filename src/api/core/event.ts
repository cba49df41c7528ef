// Event: what happened to an object, kept for an hour. The same objects are also served as events.k8s.io/v1.
import type { Event as EventObject } from '../../../openapi/types/core/v1.ts'
import type { Column } from '../../apimachinery/kind.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { eventsV1, eventsV1beta1 } from '../events/index.ts'
import { translateTimestamp } from '../shared/columns.ts'
import { validateEvent } from './validate-event.ts'

export const Event = defineKind<EventObject>({
  group: '',
  version: 'v1',
  kind: 'Event',
  resource: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  createOnUpdate: true,
  validate: validateEvent,
  ttlSeconds: 3600,
  served: [eventsV1, eventsV1beta1],
  selectableFields: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject?.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject?.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject?.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject?.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject?.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || '',
    type: ({ type }) => type ?? '',
  },
  columns: eventColumns(),
})

/** The whole list: Events begin with their time, not with their name. */
function eventColumns(): Column<EventObject>[] {
  return [
    { name: 'Last Seen', description: 'When it was last seen.', value: lastSeen },
    { name: 'Type', description: 'Normal or Warning.', value: ({ type }) => type ?? '' },
    { name: 'Reason', description: 'Why it happened, in one word.', value: ({ reason }) => reason ?? '' },
    { name: 'Object', description: 'The object it is about.', value: target },
    {
      name: 'Subobject',
      priority: 1,
      description: 'The part of the object.',
      value: ({ involvedObject }) => involvedObject?.fieldPath ?? '',
    },
    { name: 'Source', priority: 1, description: 'Who reported it.', value: eventSource },
    { name: 'Message', description: 'What happened, in words.', value: ({ message }) => (message ?? '').trim() },
    { name: 'First Seen', priority: 1, description: 'When it was first seen.', value: firstSeen },
    {
      name: 'Count',
      priority: 1,
      description: 'How often it happened.',
      value: ({ series, count }) => (series ? (series.count ?? 0) : count || 1),
    },
    { name: 'Name', priority: 1, format: 'name', description: 'Name of the event.', value: ({ metadata }) => metadata?.name ?? '' },
  ]
}

function firstSeen({ firstTimestamp, eventTime }: EventObject, now: number): string {
  return translateTimestamp(firstTimestamp || eventTime, now)
}

function lastSeen(event: EventObject, now: number): string {
  if (event.series) return translateTimestamp(event.series.lastObservedTime, now)
  return event.lastTimestamp ? translateTimestamp(event.lastTimestamp, now) : firstSeen(event, now)
}

function target({ involvedObject }: EventObject): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase()
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind
}

function eventSource({ source, reportingComponent, reportingInstance }: EventObject): string {
  const component = source?.component || reportingComponent || ''
  const instance = source?.host || reportingInstance || ''
  return instance === '' ? component : `${component}, ${instance}`
}
