// The scale subresource of any kind, for the autoscaler (controllers/horizontal-pod-autoscaler/ports.ts: ScalesPort).
import type { Scale } from '../../openapi/types/autoscaling/v1.ts'
import type { Kind } from '../apimachinery/kind.ts'
import { type Discovery, kindsNamed, type PortOptions } from './ports.ts'

/** Kinds come from discovery, so custom resources have scales as well. */
export function scalesPort({ client, signal }: PortOptions, discovery: Discovery) {
  return {
    /** Of several resources of that kind the first with such an object counts; else the first failure. */
    async get(group: string, kind: string, namespace: string, name: string): Promise<{ scale: Scale; kind: Kind }> {
      let failure: unknown
      for (const found of await kindsNamed(discovery, group, kind)) {
        try {
          return {
            scale: await client.get<Scale>(found as unknown as Kind<Scale>, { namespace, name }, { subresource: 'scale', signal }),
            kind: found,
          }
        } catch (error) {
          failure ??= error
        }
      }
      throw failure
    },
  }
}
