// What the kubelet's server needs to know of a node; one process may have many. The runtime stands behind it.
import type { Pod } from '../../../openapi/types/core/v1.ts'
import type { Runtime } from '../runtime/runtime.ts'

export interface ServedNode {
  name: string
  /** Milliseconds since the epoch. */
  startedAt: number
  capacity: Readonly<Record<string, string>>
  /** The pods bound to it that it knows of. */
  pods(): readonly Pod[]
  runtime: Pick<Runtime, 'info' | 'podState' | 'usage' | 'logs'>
}
