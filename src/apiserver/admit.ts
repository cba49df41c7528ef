// Runs the admission chain: two loops over the plugins, in order. Mutating webhooks and policies may ask for a second round of the first.
import type { KubeObject } from '../apimachinery/meta.ts'
import type { AdmissionAttributes, Operation, Reinvocation } from './admission/plugin.ts'
import { breathe } from './breathe.ts'
import type { Write } from './store.ts'

/** Lets mutating plugins change `object`; returns what they made of it. */
export async function admitMutating(
  write: Write,
  operation: Operation,
  object: KubeObject,
  old: KubeObject | undefined,
): Promise<KubeObject> {
  const attributes = attributesOf(write, operation, object, old)
  await mutateAll(write, attributes)
  return attributes.object ?? object
}

/** The same for a delete, which changes no object. */
export async function admitMutatingDelete(write: Write, old: KubeObject): Promise<void> {
  await mutateAll(write, attributesOf(write, 'DELETE', undefined, old))
}

async function mutateAll(write: Write, attributes: AdmissionAttributes): Promise<void> {
  await mutateOnce(write, attributes)
  const { reinvocation } = attributes
  if (!reinvocation.wanted) return
  reinvocation.second = true
  await mutateOnce(write, attributes)
}

async function mutateOnce({ server }: Write, attributes: AdmissionAttributes): Promise<void> {
  for (const plugin of server.admission) {
    if (plugin.mutate === undefined || !plugin.on.includes(attributes.operation)) continue
    await plugin.mutate(attributes, server.read)
    await breathe()
  }
}

/** Lets validating plugins refuse (by throwing). `object` is undefined for a delete. */
export async function admitValidating(
  write: Write,
  operation: Operation,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): Promise<void> {
  const attributes = attributesOf(write, operation, object, old)
  for (const plugin of write.server.admission) {
    if (plugin.validate === undefined || !plugin.on.includes(operation)) continue
    await plugin.validate(attributes, write.server.read)
    await breathe()
  }
}

function attributesOf(
  write: Write,
  operation: Operation,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): AdmissionAttributes {
  return {
    operation,
    kind: write.resolved.kind,
    resolved: write.resolved,
    namespace: write.namespace,
    name: write.name || (object?.metadata?.name ?? ''),
    subresource: write.subresource,
    object,
    oldObject: old,
    user: write.user,
    dryRun: write.dryRun,
    warnings: write.warnings,
    ...(write.options === undefined ? {} : { options: optionsOf(operation, write.options) }),
    annotate: write.annotate ?? (() => {}),
    signal: write.signal,
    reinvocation: firstRound(),
  }
}

function firstRound(): Reinvocation {
  return { second: false, wanted: false, states: {} }
}

/** The options under the name that the operation gives them: a patch is an update, or a create. */
function optionsOf(operation: Operation, options: object): KubeObject {
  const kind = `${operation[0]}${operation.slice(1).toLowerCase()}Options`
  return { ...options, kind, apiVersion: 'meta.k8s.io/v1' }
}
