// NamespaceAutoProvision (off by default): creates the namespace of the first object in it.
import { Namespace } from '../../api/core/namespace.ts'
import type { AdmissionPlugin } from './plugin.ts'

/** `createNamespace` resolves when the namespace exists (also when somebody else made it). */
export function namespaceAutoProvision(createNamespace: (name: string) => Promise<void>): AdmissionPlugin {
  return {
    name: 'NamespaceAutoProvision',
    on: ['CREATE'],
    mutate: async ({ namespace, kind, dryRun }, read) => {
      if (dryRun || !namespace || (kind.group === '' && kind.kind === 'Namespace')) return
      if (read.get(Namespace, undefined, namespace) !== undefined) return
      await createNamespace(namespace)
      await read.refresh()
    },
  }
}
