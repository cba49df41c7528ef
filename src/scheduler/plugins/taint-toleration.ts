// TaintToleration: hard taints repel, PreferNoSchedule taints cost points.
import type { Node, Toleration } from '../../../openapi/types/core/v1.ts'
import { type Change, definePlugin, normalizeScores, unresolvable } from '../framework.ts'
import type { PodInfo } from '../pod-info.ts'
import { hardEffects, tolerates, untoleratedTaint } from './tolerations.ts'

/** The text names no taint: its key and value are not for everybody who may read pods. */
const rejection = unresolvable('node(s) had untolerated taint(s)')

const covered = ({ pod }: PodInfo, { object }: Change) =>
  untoleratedTaint((object as Node).spec?.taints ?? [], pod.spec?.tolerations ?? [], hardEffects) === undefined

export const taintToleration = definePlugin<undefined, readonly Toleration[]>({
  name: 'TaintToleration',
  filter(_, { pod }, { taints }) {
    if (taints.length === 0) return undefined
    return untoleratedTaint(taints, pod.spec?.tolerations ?? [], hardEffects) === undefined ? undefined : rejection
  },
  prepareScore({ pod }, nodes) {
    if (nodes.every(({ taints }) => taints.every(({ effect }) => effect !== 'PreferNoSchedule'))) return undefined
    return (pod.spec?.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule')
  },
  score: (tolerations, _, { taints }) =>
    taints.filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint))).length,
  normalize: (scores) => normalizeScores(scores, true),
  retryOn: { NodeAdd: covered, NodeTaint: covered, PodToleration: true },
})
