// PersistentVolumeClaimResize: only a bound claim of a class that allows expansion may grow.
import type { PersistentVolumeClaim } from '../../../openapi/types/core/v1.ts'
import { StorageClass } from '../../api/storage/storageclass.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import { classOfClaim } from './default-storage-class.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isFor, objectAs, oldObjectAs, refuse } from './refuse.ts'

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  on: ['UPDATE'],
  validate: (attributes, read) => {
    if (!isFor(attributes, 'persistentvolumeclaims')) return
    const claim = objectAs<PersistentVolumeClaim>(attributes)
    const old = oldObjectAs<PersistentVolumeClaim>(attributes)
    if (
      old === undefined ||
      compareQuantities(claim.spec?.resources?.requests?.['storage'], old.spec?.resources?.requests?.['storage']) <= 0
    )
      return
    if (old.status?.phase !== 'Bound') throw refuse(attributes, 'Only bound persistent volume claims can be expanded')
    const name = classOfClaim(claim)
    const mayGrow = name !== '' && name === classOfClaim(old) && read.get(StorageClass, undefined, name)?.allowVolumeExpansion === true
    if (mayGrow) return
    throw refuse(
      attributes,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
  },
}
