// Keeps numbered pods with stable names and claims: made in order, removed from the top, updated one by one.
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
import type { ControllerRevision as Revision, StatefulSet as StatefulSetObject } from '../../openapi/types/apps/v1.ts'
import type { PersistentVolumeClaim as Claim, Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { ControllerRevision } from '../../src/api/apps/controllerrevision.ts'
import { labelSelectorMatches } from '../../src/api/apps/label-selector.ts'
import { StatefulSet } from '../../src/api/apps/statefulset.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistentvolumeclaim.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import { defineController, type Lister } from '../../src/controller/define.ts'
import { claim, controllerOf } from '../../src/controller/owners.ts'
import {
  create,
  event,
  type Plan,
  type PlanPart,
  patch,
  plan,
  recordedStep,
  remove,
  requeueAfter,
  status,
} from '../../src/controller/plan.ts'
import { orphanRevisions } from '../shared/controller-revision.ts'
import { nextAvailability, normal, warning } from '../shared/replica-pods.ts'
import { hasUnexpectedController, wantedReferences } from './claims.ts'
import { identityLabels, ordinalOf, storageMatches, withClaims } from './identity.ts'
import { type Decisions, decide } from './pods.ts'
import { revisionsOf, truncation } from './revisions.ts'
import { statefulSetStatus } from './status.ts'

/** How soon a claim that is in the way is looked at again, besides when it changes. */
const blockedRetryMs = 5000

export const statefulset = defineController({
  name: 'statefulset',
  for: StatefulSet,
  owns: [Pod],
  reads: { pods: Pod, revisions: ControllerRevision, claims: PersistentVolumeClaim, sets: StatefulSet },
  indexes: {
    orphans: { kind: Pod, values: (pod: PodObject) => (controllerOf(pod) === undefined ? [pod.metadata?.namespace ?? ''] : []) },
    orphanRevisions,
  },
  watches: [
    {
      kind: Pod,
      map: (pod: PodObject, { sets }) =>
        controllerOf(pod) !== undefined || pod.metadata?.deletionTimestamp !== undefined
          ? []
          : sets
              .list(pod.metadata?.namespace)
              .filter((set) => isMember(set, pod))
              .map(objectKey),
    },
    { kind: PersistentVolumeClaim, map: (object: Claim, { sets }) => setsOfClaim(object, sets) },
  ],
  reconcile(set, { pods, revisions, claims }, { now }) {
    const namespace = set.metadata?.namespace ?? ''
    const candidates = [...pods.ownedBy(set), ...pods.by('orphans', namespace)]
    const { claimed, writes } = claim(set, StatefulSet, Pod, candidates, (pod) => isMember(set, pod))
    const history = claimHistory(set, revisions, namespace)
    const known = revisionsOf(set, history.claimed, (name) => revisions.get(name, namespace))
    if (set.metadata?.deletionTimestamp !== undefined) {
      return plan(writes, status(StatefulSet, set, statefulSetStatus(set, claimed, known, 0, now)))
    }
    const decisions = decide(set, claimed, known, (name) => claims.get(name, namespace), now)
    return plan(
      writes,
      history.writes,
      known.write,
      // counts first: a refused pod must not keep the status from being written
      status(StatefulSet, set, statefulSetStatus(set, claimed, known, decisions.deletedForUpdate, now)),
      carryOut(set, decisions),
      truncation(set, history.claimed, known, claimed),
      requeueAfter(nextAvailability(claimed, set.spec?.minReadySeconds ?? 0, now)),
    )
  },
})

function isMember(set: StatefulSetObject, pod: PodObject): boolean {
  return ordinalOf(set, pod.metadata?.name) !== undefined && labelSelectorMatches(set.spec?.selector, pod.metadata?.labels)
}

function setsOfClaim(object: Claim, sets: Lister<StatefulSetObject>): string[] {
  const { name = '', namespace } = object.metadata ?? {}
  const belongs = (set: StatefulSetObject) =>
    set.spec?.volumeClaimTemplates?.some((template) => name.startsWith(`${template.metadata?.name}-${set.metadata?.name}-`)) ?? false
  return sets.list(namespace).filter(belongs).map(objectKey)
}

/** Revisions that match the selector, own ones and orphans. None is released: one of another selector is left alone. */
function claimHistory(set: StatefulSetObject, revisions: Lister<Revision>, namespace: string) {
  const candidates = [...revisions.ownedBy(set), ...revisions.by('orphanRevisions', namespace)]
  const matching = candidates.filter((revision) => labelSelectorMatches(set.spec?.selector, revision.metadata?.labels))
  return claim(set, StatefulSet, ControllerRevision, matching, () => true)
}

/** Decisions as writes: claims before their pods, then owners, repairs and deletions. */
function carryOut(set: StatefulSetObject, decisions: Decisions): Plan {
  const { blocked } = decisions
  return plan(
    makeClaims(set, decisions),
    makePods(set, decisions),
    ...ownClaims(set, decisions),
    repairPods(set, decisions),
    deletePods(set, decisions),
    ...blocked.map(({ pod, claim: name }) => {
      const message = `Create Pod ${pod.metadata?.name} in StatefulSet ${set.metadata?.name} failed error: pvc ${name} is being deleted`
      return event('Warning', 'FailedCreate', message)
    }),
    requeueAfter(blocked.length === 0 ? undefined : blockedRetryMs),
  )
}

function makeClaims(set: StatefulSetObject, { claims }: Decisions): Plan {
  const of = (pod: PodObject) => `Pod ${pod.metadata?.name} in StatefulSet ${set.metadata?.name}`
  return recordedStep(
    claims.map(({ pod, claim: object }) => ({
      write: create(PersistentVolumeClaim, object),
      outcome: {
        success: () => normal('SuccessfulCreate', `Create Claim ${object.metadata?.name} ${of(pod)} success`),
        failure: (error: Error) =>
          warning('FailedCreate', `Create Claim ${object.metadata?.name} for ${of(pod)} failed error: ${error.message}`),
      },
    })),
  )
}

function makePods(set: StatefulSetObject, decisions: Decisions): Plan {
  return recordedStep(decisions.create.map((pod) => ({ write: create(Pod, pod), outcome: podOutcome('Create', set, pod) })))
}

function deletePods(set: StatefulSetObject, decisions: Decisions): Plan {
  return recordedStep(decisions.remove.map((pod) => ({ write: remove(Pod, pod), outcome: podOutcome('Delete', set, pod) })))
}

function repairPods(set: StatefulSetObject, { repair }: Decisions): Plan {
  return recordedStep(
    repair.map((pod) => {
      const { name = '' } = pod.metadata ?? {}
      const ordinal = ordinalOf(set, name) ?? 0
      const volumes = storageMatches(set, pod, ordinal) ? {} : { spec: { volumes: withClaims(set, ordinal, pod.spec?.volumes ?? []) } }
      const body = { metadata: { labels: identityLabels(name, ordinal) }, ...volumes }
      return { write: patch(Pod, pod, body), outcome: podOutcome('Update', set, pod) }
    }),
  )
}

function ownClaims(set: StatefulSetObject, { own }: Decisions): PlanPart[] {
  return own.flatMap(({ pod, claim: object }): PlanPart[] => {
    const { name, resourceVersion } = object.metadata ?? {}
    const references = wantedReferences(object, set, pod)
    const message = `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`
    return [
      hasUnexpectedController(object, set, pod) ? event('Warning', 'ConflictingController', message) : undefined,
      patch(PersistentVolumeClaim, object, { metadata: { resourceVersion, ownerReferences: references.length === 0 ? null : references } }),
    ]
  })
}

function podOutcome(verb: 'Create' | 'Update' | 'Delete', set: StatefulSetObject, pod: PodObject) {
  const text = `${verb} Pod ${pod.metadata?.name} in StatefulSet ${set.metadata?.name}`
  return {
    success: () => normal(`Successful${verb}`, `${text} successful`),
    failure: (error: Error) => warning(`Failed${verb}`, `${text} failed error: ${error.message}`),
  }
}
