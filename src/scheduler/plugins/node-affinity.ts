// NodeAffinity: nodeSelector and node affinity; preferred terms give points.
import type { Node, NodeAffinity, NodeSelectorTerm, PreferredSchedulingTerm } from '../../../openapi/types/core/v1.ts'
import { definePlugin, normalizeScores, type Plugin, type Prepared, unresolvable } from '../framework.ts'
import { nodeAlone } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { nodeSelectorMatches, requiredNodeAffinityMatches, termMatchesNode } from './node-selection.ts'

const rejection = unresolvable("node(s) didn't match Pod's node affinity/selector")
const enforcedRejection = unresolvable("node(s) didn't match scheduler-enforced node affinity")
const conflict = unresolvable('pod affinity terms conflict')

/** `addedAffinity` holds for every pod of the profile, beside its own. */
export function nodeAffinity({ addedAffinity }: { addedAffinity?: NodeAffinity | undefined } = {}): Plugin {
  const added = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const allows = ({ pod }: PodInfo, object: Node): boolean => {
    const node = nodeAlone(object)
    return (added === undefined || nodeSelectorMatches(added, node)) && requiredNodeAffinityMatches(pod, node)
  }
  const addedPreferred = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return definePlugin<undefined, readonly PreferredSchedulingTerm[]>({
    name: 'NodeAffinity',
    prepare({ pod }) {
      const affinity = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      const selector = Object.keys(pod.spec?.nodeSelector ?? {}).length > 0
      if (affinity === undefined && !selector && added === undefined) return { skip: true }
      return affinity === undefined ? {} : namedNodes(affinity.nodeSelectorTerms)
    },
    filter(_, { pod }, node) {
      if (added !== undefined && !nodeSelectorMatches(added, node)) return enforcedRejection
      return requiredNodeAffinityMatches(pod, node) ? undefined : rejection
    },
    prepareScore({ pod }) {
      const own = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
      return own.length + addedPreferred.length === 0 ? undefined : [...addedPreferred, ...own]
    },
    score(terms, _, node) {
      let sum = 0
      for (const { weight, preference } of terms) if (weight !== 0 && termMatchesNode(preference, node)) sum += weight
      return sum
    },
    normalize: (scores) => normalizeScores(scores, false),
    retryOn: {
      NodeAdd: (pod, { object }) => allows(pod, object as Node),
      NodeLabel: (pod, { previous, object }) => allows(pod, object as Node) && !allows(pod, previous as Node),
    },
  })
}

/** When every term names nodes by metadata.name, only those need be looked at. */
function namedNodes(terms: readonly NodeSelectorTerm[]): Prepared<undefined> {
  const all = new Set<string>()
  for (const { matchFields = [] } of terms) {
    let names: Set<string> | undefined
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== 'metadata.name' || operator !== 'In') continue
      const given = new Set(values)
      names = names === undefined ? given : names.intersection(given)
    }
    if (names === undefined) return {}
    for (const name of names) all.add(name)
  }
  return terms.length > 0 && all.size === 0 ? { rejection: conflict } : { nodes: all }
}

/** Used by the spreading of pods: which nodes its affinity allows. */
export function allowsNode(pod: PodInfo, node: Parameters<typeof requiredNodeAffinityMatches>[1]): boolean {
  return requiredNodeAffinityMatches(pod.pod, node)
}
