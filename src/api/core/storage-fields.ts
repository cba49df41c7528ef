// What PersistentVolume and PersistentVolumeClaim share: the old class annotation and the short words of access modes.

/** The annotation that named the storage class before the field did; it still wins. */
export const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

const shortModes: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]

/** `RWO,ROX`: in upstream's fixed order, each mode once. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return shortModes
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')
}
