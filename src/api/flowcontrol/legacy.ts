// PriorityLevelConfiguration in v1beta1 and v1beta2: the shares of a level are called assuredConcurrencyShares.
import type { PriorityLevelConfiguration } from '../../../openapi/types/flowcontrol/v1.ts'
import type { PriorityLevelConfiguration as OldLevel } from '../../../openapi/types/flowcontrol/v1beta2.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'

/** Both ways of the conversion, for `served`. */
export const assuredShares = {
  toStorage: (object: KubeObject): KubeObject => {
    const { spec } = object as OldLevel
    if (!spec?.limited) return object
    const { assuredConcurrencyShares: shares, ...limited } = spec.limited
    // Zero was the same as absent.
    return { ...object, spec: { ...spec, limited: { ...limited, ...(shares ? { nominalConcurrencyShares: shares } : {}) } } } as KubeObject
  },
  fromStorage: (object: KubeObject): KubeObject => {
    const { spec } = object as PriorityLevelConfiguration
    if (!spec?.limited) return object
    const { nominalConcurrencyShares: shares, ...limited } = spec.limited
    const old = { ...limited, ...(shares === undefined ? {} : { assuredConcurrencyShares: shares }) }
    return { ...object, spec: { ...spec, limited: old } } as KubeObject
  },
}
