// The kube-proxy component: watches Services and EndpointSlices, computes the ruleset, hands it to what applies it.
import type { Node } from '../../openapi/types/core/v1.ts'
import { Node as NodeKind } from '../api/core/node.ts'
import { Service as ServiceKind } from '../api/core/service/index.ts'
import { EndpointSlice as EndpointSliceKind } from '../api/discovery/endpointslice.ts'
import { InformerFactory } from '../client/informer.ts'
import type { Component } from '../component.ts'
import { type Family, type NodePlace, servicePorts } from './endpoints.ts'
import { type Ruleset, ruleset, rulesetChange, rulesetText } from './ruleset.ts'

/** Puts nftables text into effect; rejects when the kernel refuses it. */
export interface RulesetSink {
  apply(text: string): Promise<void>
}

export interface KubeProxyOptions {
  nodeName: string
  clusterCidr?: string
  families: readonly Family[]
  /** Absent: rules are computed, never applied (--proxy-mode=none). */
  sink?: RulesetSink
  /** At most one sync in this many milliseconds; upstream's minSyncPeriod of 1 s. */
  minSyncPeriodMs: number
}

/** Runs until the signal aborts. A failed apply is logged and followed by a full one. */
export const runKubeProxy: Component<KubeProxyOptions> = async (options, context) => {
  const { client, clock, random, log, signal } = context
  const informers = new InformerFactory({ client, clock, random, signal, onError: (err) => log.debug({ err }, 'watch failed') })
  const services = informers.cache(ServiceKind)
  const slices = informers.cache(EndpointSliceKind)
  const nodes = informers.cache(NodeKind, { fieldSelector: `metadata.name=${options.nodeName}` })
  await informers.synced().catch(() => {})
  if (signal.aborted) return informers.stopped()

  const applied = new Map<Family, Ruleset>()
  let busy = false
  let dirty = false
  const sync = async (): Promise<void> => {
    dirty = false
    for (const family of options.families) {
      const rulesetOptions = { family, ...(options.clusterCidr === undefined ? {} : { clusterCidr: options.clusterCidr }) }
      const next = ruleset(
        servicePorts(services.list(), slices.list(), place(options.nodeName, nodes.get(options.nodeName)), family),
        rulesetOptions,
      )
      const before = applied.get(family)
      const text = (before === undefined ? undefined : rulesetChange(before, next)) ?? rulesetText(next, rulesetOptions)
      if (text === '') continue
      try {
        await options.sink?.apply(text)
        applied.set(family, next)
      } catch (err) {
        applied.delete(family)
        dirty = true
        log.error({ err, family }, 'ruleset was not applied; the next one will be whole')
      }
    }
    log.debug({ services: services.size }, 'ruleset is current')
  }
  const schedule = (): void => {
    dirty = true
    if (busy || signal.aborted) return
    busy = true
    void sync().then(() =>
      clock.after(options.minSyncPeriodMs, () => {
        busy = false
        if (dirty) schedule()
      }),
    )
  }
  services.onChange(schedule)
  slices.onChange(schedule)
  nodes.onChange(schedule)
  schedule()
  context.ready?.()
  await informers.stopped()
}

function place(name: string, node: Node | undefined): NodePlace {
  const zone = node?.metadata?.labels?.['topology.kubernetes.io/zone']
  return { name, ...(zone === undefined ? {} : { zone }) }
}
