// Writes that the server itself makes.
import type { Kind } from '../../apimachinery/kind.ts'
import type { ServerContext } from '../context.ts'
import type { Write } from '../store.ts'

/** A Write of the server, on the stored version of a kind. */
export function ownWrite(server: ServerContext, kind: Kind, namespace: string | undefined, name: string, subresource?: string): Write {
  return {
    server,
    resolved: { kind, group: kind.group, version: kind.version },
    namespace: kind.scope === 'Cluster' ? undefined : namespace,
    name,
    user: { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] },
    ...(subresource === undefined ? {} : { subresource }),
    dryRun: false,
    fieldManager: 'kube-apiserver',
    warnings: [],
    signal: server.signal,
  }
}
