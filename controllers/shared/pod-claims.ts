// Which claims a pod mounts: those it names, and those made for its ephemeral volumes.
import type { Pod } from '../../openapi/types/core/v1.ts'

/** Keys ("namespace/name") of the claims of a pod. An ephemeral volume has a claim `<pod>-<volume>`. */
export function claimKeysOf({ metadata, spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [`${metadata?.namespace}/${persistentVolumeClaim.claimName}`]
    return ephemeral === undefined ? [] : [`${metadata?.namespace}/${metadata?.name}-${name}`]
  })
}
