// How fast pods may be driven off nodes that are not well: by zone, slower where many nodes are ill, not at all when all are.
// https://kubernetes.io/docs/concepts/architecture/nodes/#rate-limits-on-eviction
import type { Node } from '../../openapi/types/core/v1.ts'

/** Upstream's --node-eviction-rate, --secondary-node-eviction-rate, --unhealthy-zone-threshold, --large-cluster-size-threshold. */
export interface EvictionSettings {
  nodeEvictionRate: number
  secondaryNodeEvictionRate: number
  unhealthyZoneThreshold: number
  largeClusterSizeThreshold: number
}

export type ZoneState = 'Initial' | 'Normal' | 'PartialDisruption' | 'FullDisruption'

interface Zone {
  state: ZoneState
  /** Nodes a second that may be tainted. */
  rate: number
  /** At most one: the burst. */
  tokens: number
  filledAt: number
  /** Names of nodes, the first to come first. */
  waiting: Set<string>
}

/** What is known of all zones; kept in the controller's notes. */
export interface Zones {
  surveyedAt: number
  /** Not one node in the cluster is ready: more likely it is the controller that is cut off. */
  allDisrupted: boolean
  byName: Map<string, Zone>
}

/** A survey is good for this long. */
const surveyMs = 100
const excludedLabel = 'node.kubernetes.io/exclude-disruption'
/** A state needs more ill nodes than this, however small the zone. */
const fewNodes = 2

/** Region and zone of a node in one word; the empty one when it has neither. */
export function zoneOf({ metadata }: Node): string {
  const { labels = {} } = metadata ?? {}
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? ''
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`
}

export function isReady({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
}

/** The state of a zone by its ready and other nodes. */
export function zoneState(ready: number, others: number, threshold: number): ZoneState {
  if (ready === 0 && others > 0) return 'FullDisruption'
  return others > fewNodes && others / (ready + others) >= threshold ? 'PartialDisruption' : 'Normal'
}

function rateOf(state: ZoneState, size: number, settings: EvictionSettings): number {
  if (state !== 'PartialDisruption') return settings.nodeEvictionRate
  return size > settings.largeClusterSizeThreshold ? settings.secondaryNodeEvictionRate : 0
}

/** Looks at all nodes again, if the last look is old; rates of zones change with their states. */
export function surveyed(known: Zones | undefined, nodes: () => readonly Node[], now: number, settings: EvictionSettings): Zones {
  if (known !== undefined && now - known.surveyedAt < surveyMs) return known
  const zones: Zones = known ?? { surveyedAt: now, allDisrupted: false, byName: new Map() }
  const counts = counted(nodes())
  for (const name of zones.byName.keys()) if (!counts.has(name)) zones.byName.delete(name)
  const states = new Map([...counts].map(([name, { ready, others }]) => [name, zoneState(ready, others, settings.unhealthyZoneThreshold)]))
  zones.allDisrupted = states.size > 0 && [...states.values()].every((state) => state === 'FullDisruption')
  for (const [name, state] of states) {
    const zone = zoneNamed(zones, name, now, settings)
    const { ready, others } = counts.get(name)!
    zone.state = state
    setRate(zone, zones.allDisrupted ? 0 : rateOf(state, ready + others, settings), now)
    if (zones.allDisrupted) zone.waiting.clear()
  }
  zones.surveyedAt = now
  return zones
}

/** Ready and other nodes by zone, without those that are excluded from the count. */
function counted(nodes: readonly Node[]): Map<string, { ready: number; others: number }> {
  const counts = new Map<string, { ready: number; others: number }>()
  for (const node of nodes) {
    if (node.metadata?.labels?.[excludedLabel] !== undefined) continue
    const name = zoneOf(node)
    const count = counts.get(name) ?? { ready: 0, others: 0 }
    counts.set(name, count)
    if (isReady(node)) count.ready++
    else count.others++
  }
  return counts
}

function zoneNamed(zones: Zones, name: string, now: number, settings: EvictionSettings): Zone {
  let zone = zones.byName.get(name)
  if (zone === undefined) {
    zone = { state: 'Initial', rate: settings.nodeEvictionRate, tokens: 1, filledAt: now, waiting: new Set() }
    zones.byName.set(name, zone)
  }
  return zone
}

/** A new limiter begins empty, unless the old one was full. */
function setRate(zone: Zone, rate: number, now: number): void {
  if (zone.rate === rate) return
  refill(zone, now)
  zone.tokens = zone.rate > 0 && zone.tokens >= 1 ? 1 : 0
  zone.rate = rate
}

function refill(zone: Zone, now: number): void {
  zone.tokens = Math.min(1, zone.tokens + (zone.rate * (now - zone.filledAt)) / 1000)
  zone.filledAt = now
}

/** Queues a node for its taint: 0 when it is its turn, else after how many milliseconds it may be. */
export function turn(zones: Zones, node: Node, now: number, settings: EvictionSettings): number {
  const zone = zoneNamed(zones, zoneOf(node), now, settings)
  const { name = '' } = node.metadata ?? {}
  zone.waiting.add(name)
  refill(zone, now)
  if (zone.waiting.values().next().value !== name || zone.rate <= 0) return Number.POSITIVE_INFINITY
  // a hair's breadth, as milliseconds are whole
  if (zone.tokens < 1 - 1e-6) return Math.ceil(((1 - zone.tokens) / zone.rate) * 1000)
  zone.tokens = 0
  zone.waiting.delete(name)
  return 0
}

/** The node is well or gone: it waits no more. */
export function forgotten(zones: Zones | undefined, name: string): void {
  for (const { waiting } of zones?.byName.values() ?? []) waiting.delete(name)
}
