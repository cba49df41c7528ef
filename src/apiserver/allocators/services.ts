// The hook that gives services addresses and ports. What is taken is read from the services themselves when the server starts, so a crash loses
// nothing and leaks nothing; between a reservation and its commit it is only in memory.
import type { Service as ServiceObject } from '../../../openapi/types/core/v1.ts'
import { Service } from '../../api/core/service/index.ts'
import type { Random } from '../../apimachinery/clock.ts'
import type { Reader } from '../admission/plugin.ts'
import { clusterIps } from './cluster-ips.ts'
import { nodePorts } from './node-ports.ts'
import { setIpFamilies } from './service-families.ts'
import { noReservation, type StoreHook } from './store-hook.ts'

export interface ServiceAllocatorOptions {
  /** --service-cluster-ip-range: one range, or one of each family. */
  clusterIpRanges: readonly string[]
  /** --service-node-port-range, both ends included. */
  nodePortRange: { from: number; to: number }
  random: Random
  read: Reader
  /** Deletes the Endpoints of a service that is gone: a new service of its name must not inherit them. Does not reject. */
  deleteEndpoints?: (namespace: string, name: string) => Promise<void>
}

/** The hook of services. Reads the present services at its first use; throws for malformed ranges. */
export function serviceAllocator({ clusterIpRanges, nodePortRange, random, read, deleteEndpoints }: ServiceAllocatorOptions): StoreHook {
  const addresses = clusterIps(clusterIpRanges, random)
  const ports = nodePorts(nodePortRange, random)
  let loaded = false
  const load = (): void => {
    if (loaded) return
    loaded = true
    for (const service of read.list(Service)) {
      addresses.adopt(service)
      ports.adopt(service)
    }
  }
  return {
    resource: 'services',
    begin: (draft, old, { dryRun }) => {
      load()
      const service = draft as ServiceObject
      const before = old as ServiceObject | undefined
      if (!knownTypes.has(service.spec?.type ?? 'ClusterIP')) return noReservation
      setIpFamilies(service, before, addresses.families)
      const held = addresses.reserve(service, before, dryRun)
      try {
        const heldPorts = ports.reserve(service, before, dryRun)
        return {
          commit: () => {
            held.commit()
            heldPorts.commit()
          },
          revert: () => {
            held.revert()
            heldPorts.revert()
          },
        }
      } catch (error) {
        held.revert()
        throw error
      }
    },
    afterDelete: async (object) => {
      load()
      addresses.release(object as ServiceObject)
      ports.release(object as ServiceObject)
      await deleteEndpoints?.(object.metadata?.namespace ?? '', object.metadata?.name ?? '')
    },
  }
}

const knownTypes = new Set(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'])
