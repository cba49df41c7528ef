// What the storage version migrator is given: any resource by name, and its objects written anew one by one. Over the public API only.
import { isConflict, isNotFound } from '../apimachinery/api-error.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Discovery, PortOptions } from './ports.ts'

const pageSize = 500

/** The port (controllers/storage-version-migrator.ts: StorageMigration). */
export function storageMigrationPort({ client, signal }: PortOptions, discovery: Discovery) {
  const page = (kind: Kind, from: string | undefined) =>
    client.list<KubeObject>(kind, { metadataOnly: true, limit: pageSize, ...(from === undefined ? {} : { continue: from }), signal })
  return {
    async find(group: string, resource: string): Promise<Kind | undefined> {
      const { kinds } = await discovery.current()
      return kinds.find((kind) => kind.group === group && kind.resource === resource && kind.verbs.includes('patch'))
    },
    async revision(kind: Kind): Promise<string> {
      const { metadata } = await client.list<KubeObject>(kind, { metadataOnly: true, limit: 1, signal })
      return metadata?.resourceVersion ?? ''
    },
    async renewAll(kind: Kind): Promise<void> {
      let next: string | undefined
      do {
        const { items, metadata } = await page(kind, next)
        for (const object of items) await renew(kind, object)
        next = metadata?.continue || undefined
      } while (next !== undefined)
    },
  }

  /** An empty patch, on condition that the object is still the one that was listed. */
  async function renew(kind: Kind, { metadata = {} }: KubeObject): Promise<void> {
    const { name = '', namespace, uid, resourceVersion } = metadata
    const ref = { name, ...(namespace === undefined ? {} : { namespace }) }
    const options = { type: 'merge' as const, fieldManager: 'storage-version-migrator-controller', signal }
    await client.patch(kind, ref, { metadata: { uid, resourceVersion } }, options).catch((error: unknown) => {
      if (!isConflict(error) && !isNotFound(error)) throw error
    })
  }
}
