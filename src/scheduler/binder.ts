// Binds pods to nodes beside the scheduling cycle: so many requests at a time, the rest waits in a line of limited length.
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { Pod } from '../api/core/pod/index.ts'
import type { Client } from '../client/client.ts'

const maxConcurrent = 64
const maxWaiting = 512

/** One pod on its way to its node. */
export interface Binding {
  pod: PodObject
  node: string
  /** What must have happened before, such as volumes bound. */
  before: () => Promise<void>
  /** How somebody else binds it; false: nobody did. */
  bind?: () => Promise<boolean>
  succeeded(): void
  failed(error: unknown): void
}

export function createBinder(options: { client: Client; onSpace: () => void }) {
  const waiting: Binding[] = []
  let running = 0

  const bind = async ({ pod, node, before, bind: bindElsewhere }: Binding): Promise<void> => {
    await before()
    if (await bindElsewhere?.()) return
    const { name = '', namespace = '', uid } = pod.metadata ?? {}
    const metadata = { name, namespace, ...(uid === undefined ? {} : { uid }) }
    const body = { apiVersion: 'v1', kind: 'Binding', metadata, target: { kind: 'Node', name: node } }
    await options.client.createSubresource(Pod, { name, namespace }, 'binding', body).catch((error: Error) => {
      throw new Error(`running Bind plugin "DefaultBinder": ${error.message}`, { cause: error })
    })
  }
  const next = (): void => {
    while (running < maxConcurrent) {
      const binding = waiting.shift()
      if (binding === undefined) return
      running++
      bind(binding)
        .then(binding.succeeded, binding.failed)
        .finally(() => {
          running--
          next()
          options.onSpace()
        })
    }
  }
  return {
    /** False while the line is full: the cycle pauses. */
    hasSpace: (): boolean => waiting.length < maxWaiting,
    add(binding: Binding): void {
      waiting.push(binding)
      next()
    },
  }
}

export type Binder = ReturnType<typeof createBinder>
