// The scheduling cycle for pods about which extenders have a say: as cycle.ts, with their answers between filtering and scoring.
import type { Random } from '../apimachinery/clock.ts'
import { askPostFilters, bestNode, type Outcome, type Profile, type Search, search, totalScores } from './cycle.ts'
import { concerns, type Extender, extenderScores, passExtenders, passPreemption } from './extender.ts'
import type { Remedy } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import { cheapest } from './plugins/preemption-victims.ts'
import type { PodInfo } from './pod-info.ts'
import { extenderName } from './queue.ts'
import type { Snapshot } from './snapshot.ts'

/** Chooses a node. @throws Error when an extender that may not be ignored fails */
export async function scheduleExtended(
  pod: PodInfo,
  snapshot: Snapshot,
  profile: Profile,
  { extenders, random, start }: { extenders: readonly Extender[]; random: Random; start: number },
): Promise<Outcome> {
  const all = extenders.some(({ filterVerb, prioritizeVerb }) => filterVerb !== '' || prioritizeVerb !== '')
  let found = search(pod, snapshot, profile, start, { all })
  let nodes = await passing(found, pod, extenders)
  if (nodes.length === 0 && found.nominated) {
    found = search(pod, snapshot, profile, start, { all, pastNominated: true })
    nodes = await passing(found, pod, extenders)
  }
  const { run, diagnosis, examined } = found
  if (run === undefined || nodes.length === 0) return { diagnosis, run, examined }
  if (nodes.length === 1) return { node: present(nodes[0]!, snapshot), run, examined }
  const added = await extenderScores(extenders, pod, nodes)
  const totals = totalScores(pod, nodes, snapshot, profile).map((total, i) => total + added[i]!)
  const node = bestNode(nodes, totals, random)
  return { node: present(node, snapshot), run, examined }
}

/** The nodes found that extenders let pass. */
async function passing({ nodes, diagnosis }: Search, pod: PodInfo, extenders: readonly Extender[]): Promise<readonly NodeInfo[]> {
  const passed = await passExtenders(extenders, pod, nodes, diagnosis.rejections)
  if (passed.length !== nodes.length) diagnosis.plugins.add(extenderName)
  return passed
}

/** Nodes may go while an extender thinks. */
function present(node: NodeInfo, snapshot: Snapshot): NodeInfo {
  if (snapshot.node(node.name) === undefined) throw new Error(`nodeinfo not found for node name ${JSON.stringify(node.name)}`)
  return node
}

/** What preemption proposes, after the extenders have struck out nodes and changed victims. @throws Error as {@link passPreemption} */
export async function askExtendedPostFilters(
  pod: PodInfo,
  snapshot: Snapshot,
  profile: Profile,
  outcome: Extract<Outcome, { diagnosis: unknown }>,
  { extenders, random }: { extenders: readonly Extender[]; random: Random },
): Promise<Remedy & { message: string }> {
  const remedy = askPostFilters(profile, pod, snapshot, outcome, random)
  const asked = extenders.some((extender) => extender.preemptVerb !== '' && concerns(extender, pod))
  if (remedy.candidates === undefined || !asked) return remedy
  const best = cheapest(await passPreemption(extenders, pod, remedy.candidates, snapshot))
  if (best === undefined) return { message: 'preemption: no candidate node for preemption' }
  return { nominatedNode: best.node, victims: best.victims, message: '' }
}
