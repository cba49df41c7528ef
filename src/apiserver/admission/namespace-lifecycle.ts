// NamespaceLifecycle: no new content in namespaces that are missing or going away; the system's namespaces stay (wire.md 44).

import { Namespace } from '../../api/core/namespace.ts'
import { notFound } from '../../apimachinery/api-error.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { isFor, refuse } from './refuse.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  on: ['CREATE', 'UPDATE', 'DELETE'],
  mutate: admit,
  // Deletes are only validated, and a namespace may have begun to go between the two passes.
  validate: admit,
}

async function admit(attributes: AdmissionAttributes, read: Reader): Promise<void> {
  const { operation, kind, namespace } = attributes
  const isNamespace = kind.group === '' && kind.kind === 'Namespace'
  if (operation === 'DELETE' && isNamespace && immortal.has(attributes.name)) throw refuse(attributes, 'this namespace may not be deleted')
  if (isNamespace || operation !== 'CREATE' || namespace === undefined || namespace === '') return
  if (isFor(attributes, 'localsubjectaccessreviews.authorization.k8s.io')) return
  let found = read.get(Namespace, undefined, namespace)
  if (found === undefined) {
    await read.refresh()
    found = read.get(Namespace, undefined, namespace)
  }
  if (found === undefined) throw notFound(Namespace, namespace)
  if (found.status?.phase !== 'Terminating') return
  throw refuse(attributes, `unable to create new content in namespace ${namespace} because it is being terminated`, [
    { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' },
  ])
}
