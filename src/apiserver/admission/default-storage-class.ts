// DefaultStorageClass: a claim that names no class gets the default one.
import type { PersistentVolumeClaim } from '../../../openapi/types/core/v1.ts'
import { StorageClass } from '../../api/storage/storageclass.ts'
import { defaultAmong } from './default-class.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isFor, objectAs } from './refuse.ts'

const annotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']
const oldClassAnnotation = 'volume.beta.kubernetes.io/storage-class'

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  on: ['CREATE'],
  mutate: (attributes, read) => {
    if (!isFor(attributes, 'persistentvolumeclaims')) return
    const claim = objectAs<PersistentVolumeClaim>(attributes)
    if (claim.spec === undefined || claim.spec.storageClassName !== undefined || hasOldClass(claim)) return
    const chosen = defaultAmong(read.list(StorageClass), annotations)
    if (chosen?.metadata?.name !== undefined) claim.spec.storageClassName = chosen.metadata.name
  },
}

function hasOldClass({ metadata }: PersistentVolumeClaim): boolean {
  return metadata?.annotations !== undefined && Object.hasOwn(metadata.annotations, oldClassAnnotation)
}

/** The class of a claim: the old annotation wins over the field; '' for none. */
export function classOfClaim({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata?.annotations?.[oldClassAnnotation] ?? spec?.storageClassName ?? ''
}
