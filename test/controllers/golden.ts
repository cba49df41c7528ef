// Golden pairs: <controller>/<case>.given.yaml holds an object, the caches and the time; <case>.plan.yaml what the controller plans.
import { parse, stringify } from 'yaml'
import { controllers } from '../../controllers/index.ts'
import { semanticEqual } from '../../src/apimachinery/equal.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import { type KubeObject, objectKey, splitKey } from '../../src/apimachinery/meta.ts'
import { ObjectCache } from '../../src/client/informer.ts'
import { type Controller, isLoop } from '../../src/controller/define.ts'
import type { Outcome, Plan, PlannedEvent, Write } from '../../src/controller/plan.ts'

/** What a case file may say. */
interface Given {
  /** RFC 3339; default 2026-01-01T01:00:00Z. */
  now?: string
  /** The object reconciled; with `key` alone it is gone. */
  object?: KubeObject
  key?: string
  /** Other objects, by Kind word. */
  caches?: Record<string, KubeObject[]>
  options?: Record<string, unknown>
  /** The controller's own notes. */
  memory?: Record<string, unknown>
  /** Answers of ports: by port and method a value, or `{ error: message }`. */
  ports?: Record<string, Record<string, unknown>>
  /** Message of a failed write: what onFailure then plans is printed as well. */
  failure?: string
}

/** The controller of that name; throws for a loop or an unknown one. */
export function controllerNamed(name: string): Controller {
  const found = controllers.find((one) => one.name === name)
  if (found === undefined || isLoop(found)) throw new Error(`no reconciling controller ${name}`)
  return found
}

/** The plan of one case, as YAML. */
export async function planOf(controller: Controller, text: string): Promise<string> {
  const given = parse(text, { merge: true }) as Given
  const now = Date.parse(given.now ?? '2026-01-01T01:00:00Z')
  const caches = new Map<string, ObjectCache>()
  const cacheOf = (kind: Kind) => {
    let cache = caches.get(kind.kind)
    if (cache === undefined) {
      caches.set(kind.kind, (cache = new ObjectCache(kind)))
      const own = given.object !== undefined && kind.kind === controller.for.kind ? [given.object] : []
      cache.replace(
        [...own, ...(given.caches?.[kind.kind] ?? [])].map((object) => completed(object, kind)),
        '100',
      )
    }
    return cache
  }
  const reads = Object.fromEntries(Object.entries(controller.reads as Record<string, Kind>).map(([name, kind]) => [name, cacheOf(kind)]))
  for (const [name, { kind, values }] of Object.entries(controller.indexes ?? {})) cacheOf(kind).addIndex(name, values)
  const main = cacheOf(controller.for)
  const key = given.key ?? objectKey(completed(given.object ?? {}, controller.for))
  const context = {
    now,
    random: () => 0.5,
    key,
    memory: new Map(Object.entries(given.memory ?? {})),
    options: { ...controller.options, ...given.options },
    ports: portsOf(given.ports),
  }
  const { name, namespace } = splitKey(key)
  const object = main.get(name, namespace)
  const plan = object === undefined ? await controller.absent?.(key, reads, context) : await controller.reconcile(object, reads, context)
  return stringify(rendered(plan ?? { steps: [], events: [] }, given.failure), { lineWidth: 140, aliasDuplicateObjects: false })
}

/** Ports that say what the case says, whatever they are asked. */
function portsOf(answers: Given['ports'] = {}): Record<string, unknown> {
  const method = (answer: unknown) => async () => {
    const { error } = { ...(answer as { error?: string }) }
    if (error !== undefined) throw new Error(error)
    return structuredClone(answer)
  }
  const port = (methods: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(methods).map(([name, answer]) => [name, method(answer)]))
  return Object.fromEntries(Object.entries(answers).map(([name, methods]) => [name, port(methods)]))
}

/** What case files leave out because it is the same everywhere. */
function completed(object: KubeObject, kind: Kind): KubeObject {
  const name = object.metadata?.name ?? ''
  const namespace = kind.scope === 'Namespaced' ? { namespace: 'default' } : {}
  const usual = { ...namespace, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
  return { ...object, apiVersion: kind.apiVersion, kind: kind.kind, metadata: { ...usual, ...object.metadata } }
}

function rendered(plan: Plan, failure: string | undefined): unknown {
  const refused = plan.steps.flat().find(({ op }) => op === 'create' || op === 'delete' || op === 'update')
  const after = failure === undefined || refused === undefined ? undefined : plan.onFailure?.(new Error(failure), refused)
  return {
    steps: plan.steps.map((step) =>
      repeated(step.map((write) => ({ ...renderedWrite(write), ...renderedOutcome(plan.outcomes?.get(write)) }))),
    ),
    ...(plan.events.length === 0 ? {} : { events: plan.events.map(renderedEvent) }),
    ...(plan.requeueAfterMs === undefined ? {} : { requeueAfterMs: plan.requeueAfterMs }),
    ...(after === undefined ? {} : { onFailure: renderedWrite(after) }),
  }
}

/** Equal writes of a step are printed once. */
function repeated(writes: object[]): object[] {
  const unique: { write: object; times: number }[] = []
  for (const write of writes) {
    const same = unique.find((one) => semanticEqual(one.write, write))
    if (same === undefined) unique.push({ write, times: 1 })
    else same.times++
  }
  return unique.map(({ write, times }) => (times === 1 ? write : { times, ...write }))
}

function renderedWrite(write: Write): Record<string, unknown> {
  const subresource = 'subresource' in write && write.subresource !== undefined ? { subresource: write.subresource } : {}
  switch (write.op) {
    case 'create':
    case 'update':
    case 'apply':
      return { [write.op]: named(write.kind, write.object), ...subresource, object: body(write.object) }
    case 'status': {
      const same = semanticEqual((write.object as { status?: unknown }).status, write.status)
      const annotations = write.annotations === undefined ? {} : { annotations: write.annotations }
      return { status: named(write.kind, write.object), ...annotations, value: same ? 'unchanged' : write.status }
    }
    case 'patch': {
      const fences = {
        ...(write.alive === undefined ? {} : { alive: write.alive.name }),
        ...(write.gone === undefined ? {} : { gone: write.gone.name }),
      }
      const type = write.type === undefined ? {} : { type: write.type }
      return { patch: place(write), ...type, ...subresource, ...fences, body: write.patch }
    }
    case 'delete': {
      const { op: _, kind: __, namespace: ___, name: ____, gone, ...rest } = write
      return { delete: place(write), ...rest, ...(gone === undefined ? {} : { gone: gone.name }) }
    }
    case 'evict':
      return { evict: `${write.namespace}/${write.name}` }
  }
}

function renderedOutcome(outcome: Outcome | undefined): Record<string, unknown> {
  const success = outcome?.success?.({ metadata: { name: '<answer>' } })
  const failure = outcome?.failure?.(new Error('<error>'))
  return {
    ...(success === undefined ? {} : { success: renderedEvent(success) }),
    ...(failure === undefined ? {} : { failure: renderedEvent(failure) }),
  }
}

function renderedEvent({ type, reason, message, regarding }: PlannedEvent): string {
  const about = regarding === undefined ? '' : ` (about ${regarding.kind} ${objectKey(regarding)})`
  return `${type} ${reason}: ${message}${about}`
}

function named(kind: Kind, { metadata = {} }: KubeObject): string {
  return `${kind.kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name ?? `${metadata.generateName}*`}`
}

function place({ kind, namespace, name }: { kind: Kind; namespace?: string; name: string }): string {
  return `${kind.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

/** The object without what its heading says. */
function body(object: KubeObject): unknown {
  const { apiVersion: _, kind: __, metadata, ...rest } = object
  const { name: ___, namespace: ____, generateName: _____, uid: ______, creationTimestamp: _______, ...meta } = metadata ?? {}
  return { ...(Object.keys(meta).length === 0 ? {} : { metadata: meta }), ...rest }
}
