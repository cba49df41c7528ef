// Events as watchers see them: which type for which selection, and the encoded frame. A frame is encoded once per (event, type, view) and shared.
import type { Status } from '../apimachinery/api-error.ts'
import { stringifyJson } from '../apimachinery/json.ts'
import type { Resolved } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { apiVersionOf } from '../apimachinery/meta.ts'
import type { Entry } from './codec.ts'
import { makeEntry, objectOf, toVersion, wireBytes } from './codec.ts'
import type { View } from './context.ts'
import type { CacheEvent } from './history.ts'
import type { Selection } from './selection.ts'
import type { IncludeObject } from './table.ts'
import { columnDefinitions, partialMetadata, tableKind, tableRow } from './table.ts'
import { yamlText } from './yaml-text.ts'

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** The form in which one watcher wants its events. */
export interface FrameForm {
  resolved: Resolved
  view: View
  include: IncludeObject
  /** Names the form: watchers with the same key share frames. */
  key: string
  now: () => number
}

export function frameForm(resolved: Resolved, view: View, include: IncludeObject, now: () => number): FrameForm {
  const key = [resolved.group, resolved.version, view.encoding, view.as ?? '', view.asVersion ?? '', include].join('|')
  return { resolved, view, include, key, now }
}

/** What an event means for a selection (wire.md 9); undefined: nothing. */
export function eventType(event: CacheEvent, selection: Selection, objectOfEntry: (entry: Entry) => KubeObject): EventType | undefined {
  const { previous } = event
  if (selection.all) return event.type === 'delete' ? 'DELETED' : previous === undefined ? 'ADDED' : 'MODIFIED'
  const before = previous !== undefined && selection.matches(objectOfEntry(previous))
  if (event.type === 'delete') return before ? 'DELETED' : undefined
  const after = selection.matches(objectOfEntry(event.entry))
  if (after) return before ? 'MODIFIED' : 'ADDED'
  return before ? 'DELETED' : undefined
}

/** The shared frame of an event. An object that left the selection is shown as it was, under the revision of the change. */
export function eventFrame(event: CacheEvent, type: EventType, form: FrameForm): Buffer {
  const name = `${type}|${form.key}`
  const known = event.frames?.get(name)
  if (known !== undefined) return known
  const left = type === 'DELETED' && event.type === 'put'
  const entry = left ? makeEntry(event.entry.key, event.previous!.value, event.revision) : event.entry
  const frame = entryFrame(type, entry, form, false)
  event.frames ??= new Map()
  event.frames.set(name, frame)
  return frame
}

/** `{"type":…,"object":…}` and a newline. `columns`: the Table of the first event names its columns (wire.md 13). */
export function entryFrame(type: EventType, entry: Entry, form: FrameForm, columns: boolean): Buffer {
  const { resolved, view } = form
  if (view.as === undefined && view.encoding === 'json') return jsonFrame(type, wireBytes(resolved, entry))
  const stored = objectOf(resolved.kind, entry)
  const full = toVersion(resolved, stored)
  return objectFrame(type, shaped(form, full, stored, columns), view)
}

function shaped(form: FrameForm, full: KubeObject, stored: KubeObject, columns: boolean): object {
  const { as, asVersion = 'v1' } = form.view
  if (as === undefined) return full
  if (as !== 'Table') return partialMetadata(full, asVersion)
  const kind = tableKind(form.resolved)
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${asVersion}`,
    metadata: { resourceVersion: full.metadata?.resourceVersion },
    columnDefinitions: columns ? columnDefinitions(kind) : null,
    rows: [tableRow(kind, stored, full, form.include, asVersion, form.now())],
  }
}

/** A bookmark: an object of the watched type with nothing but its resourceVersion (wire.md B5). */
export function bookmarkFrame(revision: number, initialEventsEnd: boolean, form: FrameForm, columns: boolean): Buffer {
  const { resolved } = form
  const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
  const object: KubeObject = {
    kind: resolved.kind.kind,
    apiVersion: apiVersionOf(resolved.group, resolved.version),
    metadata: { resourceVersion: String(revision), ...annotations },
  }
  const included: FrameForm = initialEventsEnd && form.include === 'None' ? { ...form, include: 'Metadata' } : form
  return objectFrame('BOOKMARK', shaped(included, object, object, columns), form.view)
}

/** The error that ends a stream. */
export function errorFrame(status: Status, view: View): Buffer {
  return objectFrame('ERROR', status, view)
}

function objectFrame(type: string, object: object, view: View): Buffer {
  if (view.encoding === 'yaml') return Buffer.from(`---\n${yamlText({ type, object })}`)
  return jsonFrame(type, Buffer.from(stringifyJson(object)))
}

const close = Buffer.from('}\n')

function jsonFrame(type: string, object: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, close])
}
