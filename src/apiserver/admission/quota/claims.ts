// What quotas count of volume claims: their number and size, also per storage class.
import type { PersistentVolumeClaim } from '../../../../openapi/types/core/v1.ts'
import { semanticDeepEqual } from '../../../apimachinery/equal.ts'
import { compareQuantities, quantity, quantityOf, wholeUnits } from '../../../apimachinery/quantity.ts'
import { classOfClaim } from '../default-storage-class.ts'
import type { Evaluator, Usage } from './evaluator.ts'
import { matchesScope } from './scope-selector.ts'

const suffix = '.storageclass.storage.k8s.io/'

export const claimEvaluator: Evaluator<PersistentVolumeClaim> = {
  handles: ({ operation, subresource, object, oldObject }) => {
    if (subresource === 'status') return needsRecount(object as PersistentVolumeClaim, oldObject as PersistentVolumeClaim)
    return !subresource && (operation === 'CREATE' || operation === 'UPDATE')
  },
  usage: claimUsage,
  covers: (name) => {
    const own = name.includes(suffix) ? name.slice(name.indexOf(suffix) + suffix.length) : name
    return name === 'count/persistentvolumeclaims' || own === 'persistentvolumeclaims' || own === 'requests.storage'
  },
  inScope: (claim, selector) => {
    if (selector.scopeName !== 'VolumeAttributesClass') return false
    const classes = attributeClasses(claim)
    return classes.length === 0 ? matchesScope(selector, '') : classes.some((name) => matchesScope(selector, name))
  },
}

function claimUsage(claim: PersistentVolumeClaim): Usage {
  const usage: Usage = new Map([
    ['persistentvolumeclaims', quantityOf(1)],
    ['count/persistentvolumeclaims', quantityOf(1)],
  ])
  const storageClass = classOfClaim(claim)
  const prefix = `${storageClass}${suffix}`
  if (storageClass !== '') usage.set(`${prefix}persistentvolumeclaims`, quantityOf(1))
  const asked = claim.spec?.resources?.requests?.['storage']
  if (asked === undefined) return usage
  const given = claim.status?.allocatedResources?.['storage']
  const size = quantity(given !== undefined && compareQuantities(given, asked) > 0 ? given : asked)
  const whole = quantityOf(wholeUnits(size), 0, size.format)
  usage.set('requests.storage', whole)
  if (storageClass !== '') usage.set(`${prefix}requests.storage`, whole)
  return usage
}

function needsRecount(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  if (claim.status?.allocatedResources?.['storage'] !== old.status?.allocatedResources?.['storage']) return true
  return !semanticDeepEqual(attributeClasses(claim), attributeClasses(old))
}

function attributeClasses({ spec, status }: PersistentVolumeClaim): string[] {
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return [...new Set(names.filter((name) => name !== undefined && name !== ''))] as string[]
}
