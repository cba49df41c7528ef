// Carries out what VolumeBinding decided: gives volumes to claims, orders new ones, waits until all claims are bound.
import type { PersistentVolume, PersistentVolumeClaim } from '../../openapi/types/core/v1.ts'
import { PersistentVolume as VolumeKind } from '../api/core/persistentvolume.ts'
import { PersistentVolumeClaim as ClaimKind } from '../api/core/persistentvolumeclaim.ts'
import { type Clock, sleep } from '../apimachinery/clock.ts'
import type { Client } from '../client/client.ts'
import type { BindStep } from './framework.ts'
import { selectedNode } from './plugins/volume-binding.ts'
import { isBound } from './plugins/volume-claims.ts'
import type { World } from './snapshot.ts'

const pollMs = 100
const usualTimeoutMs = 600_000

export interface VolumeBinderOptions {
  client: Client
  clock: Clock
  world: Pick<World, 'claims'>
  signal: AbortSignal
}

/** Rejects when a claim is not bound in time, is gone, or was sent to another node. */
export async function bindVolumes(
  { client, clock, world, signal }: VolumeBinderOptions,
  steps: readonly BindStep[],
  node: string,
  timeoutMs = usualTimeoutMs,
): Promise<void> {
  for (const step of steps) {
    if (step.volume === undefined) await orderVolume(client, step.claim as PersistentVolumeClaim, node)
    else await giveVolume(client, step.volume as PersistentVolume, step.claim as PersistentVolumeClaim)
  }
  const deadline = clock.now() + timeoutMs
  for (const { claim } of steps) {
    const { name = '', namespace = '' } = claim.metadata ?? {}
    for (;;) {
      const current = world.claims.get(name, namespace)
      if (current === undefined) throw new Error(`binding volumes: error getting PVC ${namespace}/${name} from cache`)
      if (isBound(current)) break
      const chosen = current.metadata?.annotations?.[selectedNode]
      if (chosen !== undefined && chosen !== node)
        throw new Error(
          `binding volumes: selectedNode annotation value ${JSON.stringify(chosen)} not set to scheduled node ${JSON.stringify(node)}`,
        )
      if (clock.now() > deadline) throw new Error('binding volumes: context deadline exceeded')
      await sleep(clock, pollMs, signal)
    }
  }
}

async function giveVolume(client: Client, volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
  const { name = '', namespace = '', uid = '', resourceVersion = '' } = claim.metadata ?? {}
  const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion }
  const given = volume.spec?.claimRef !== undefined
  const annotations = given
    ? volume.metadata?.annotations
    : { ...volume.metadata?.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' }
  const metadata = { ...volume.metadata, ...(annotations === undefined ? {} : { annotations }) }
  await client.update(VolumeKind, { ...volume, metadata, spec: { ...volume.spec, claimRef } })
}

async function orderVolume(client: Client, claim: PersistentVolumeClaim, node: string): Promise<void> {
  const { metadata } = claim
  if (metadata?.annotations?.[selectedNode] === node) return
  await client.update(ClaimKind, { ...claim, metadata: { ...metadata, annotations: { ...metadata?.annotations, [selectedNode]: node } } })
}
