// StorageObjectInUseProtection: volumes, claims and attribute classes get the finalizer that keeps them while in use.
import { qualifiedResource } from '../../apimachinery/api-error.ts'
import type { AdmissionPlugin } from './plugin.ts'

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  'volumeattributesclasses.storage.k8s.io': 'kubernetes.io/vac-protection',
}

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  on: ['CREATE'],
  mutate: ({ kind, subresource, object }) => {
    const name = qualifiedResource(kind)
    const finalizer = Object.hasOwn(finalizers, name) ? finalizers[name] : undefined
    if (finalizer === undefined || subresource || object === undefined) return
    const list = ((object.metadata ??= {}).finalizers ??= [])
    if (!list.includes(finalizer)) list.push(finalizer)
  },
}
