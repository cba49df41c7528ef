// NamespaceExists (off by default): refuses every request in a missing namespace but its own creation.

import { Namespace } from '../../api/core/namespace.ts'
import { notFound } from '../../apimachinery/api-error.ts'
import type { AdmissionPlugin } from './plugin.ts'

export const namespaceExists: AdmissionPlugin = {
  name: 'NamespaceExists',
  on: ['CREATE', 'UPDATE', 'DELETE'],
  validate: async ({ namespace, kind }, read) => {
    if (!namespace || (kind.group === '' && kind.kind === 'Namespace') || read.get(Namespace, undefined, namespace) !== undefined) return
    await read.refresh()
    if (read.get(Namespace, undefined, namespace) === undefined) throw notFound(Namespace, namespace)
  },
}
