// Runs the admission chain: two loops over the plugins, in order.
import type { KubeObject } from '../apimachinery/meta.ts'
import type { AdmissionAttributes, Operation } from './admission/plugin.ts'
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
  for (const plugin of write.server.admission) {
    if (plugin.mutate === undefined || !plugin.on.includes(operation)) continue
    await plugin.mutate(attributes, write.server.read)
    await breathe()
  }
  return attributes.object ?? object
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
  }
}
