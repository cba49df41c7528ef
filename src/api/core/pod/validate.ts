// Rules of pods: the spec and what only pods (not templates) must obey.
import type { Pod, PodSpec } from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue } from '../../../apimachinery/field-errors.ts'
import { validateImageSpaces } from './validate-containers.ts'
import { appArmorPrefix, profileAnnotationMismatches, validateProfileAnnotations } from './validate-security.ts'
import { validatePodSpec } from './validate-spec.ts'

const mirrorKey = 'kubernetes.io/config.mirror'
const deletionCostKey = 'controller.kubernetes.io/pod-deletion-cost'

/** A pod, new or updated. */
export function validatePod(pod: Pod): FieldError[] {
  const path = at('spec')
  const spec = pod.spec ?? { containers: [] }
  const podName = pod.metadata?.name
  return [
    ...podAnnotationErrors(pod.metadata?.annotations, spec, at('metadata', 'annotations')),
    ...validatePodSpec(spec, path, { isPod: true, ...(podName === undefined ? {} : { podName }) }),
    ...tokenWithoutAccountErrors(pod),
    ...(spec.containers ?? []).flatMap((container, index) => validateImageSpaces(container, path.child('containers').index(index))),
    ...(spec.initContainers ?? []).flatMap((container, index) => validateImageSpaces(container, path.child('initContainers').index(index))),
  ]
}

/** A new pod only: ephemeral containers come later, gated pods have no node, annotations agree with fields. */
export function validateNewPod(pod: Pod): FieldError[] {
  const path = at('spec')
  const spec = pod.spec ?? { containers: [] }
  const errors: FieldError[] = []
  if (spec.ephemeralContainers?.length) errors.push(forbiddenField(path.child('ephemeralContainers'), 'cannot be set on create'))
  if (spec.nodeName && spec.schedulingGates?.length) {
    errors.push(forbiddenField(path.child('nodeName'), 'cannot be set until all schedulingGates have been cleared'))
  }
  return [...errors, ...profileAnnotationMismatches(pod.metadata?.annotations, spec, path)]
}

/** Annotations with a meaning: mirror pods name their node, the deletion cost is a number, profiles exist. */
export function podAnnotationErrors(annotations: Readonly<Record<string, string>> | undefined, spec: PodSpec, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const mirror = annotations?.[mirrorKey]
  if (mirror !== undefined && !spec.nodeName) {
    errors.push(invalidValue(path.key(mirrorKey), mirror, 'must set spec.nodeName if mirror pod annotation is set'))
  }
  const cost = annotations?.[deletionCostKey]
  if (cost !== undefined && podDeletionCost(cost) === undefined) {
    errors.push(invalidValue(path.key(deletionCostKey), cost, 'must be a 32bit integer'))
  }
  return [...errors, ...validateProfileAnnotations(annotations, spec, path)]
}

/** The number of a pod-deletion-cost annotation: a 32-bit integer without plus sign and leading zeros, else undefined. */
export function podDeletionCost(text: string): number | undefined {
  const cost = /^(0|-?[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN
  return cost >= -2147483648 && cost <= 2147483647 ? cost : undefined
}

function tokenWithoutAccountErrors({ spec }: Pod): FieldError[] {
  if (spec?.serviceAccountName) return []
  return (spec?.volumes ?? []).flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, i) => {
      if (serviceAccountToken === undefined) return []
      const where = at('spec', 'volumes').index(index).child('projected', 'sources').index(i).child('serviceAccountToken')
      return [forbiddenField(where, 'must not be specified when serviceAccountName is not set')]
    }),
  )
}

/** Annotations that are facts about the pod may not come, go or change. */
export function annotationUpdateErrors(pod: Pod, old: Pod): FieldError[] {
  const path = at('metadata', 'annotations')
  const now = pod.metadata?.annotations ?? {}
  const before = old.metadata?.annotations ?? {}
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(before)) {
    if (now[key] === value) continue
    if (key.startsWith(appArmorPrefix)) errors.push(forbiddenField(path.key(key), 'may not remove or update AppArmor annotations'))
    if (key === mirrorKey) errors.push(forbiddenField(path.key(key), 'may not remove or update mirror pod annotation'))
  }
  for (const key of Object.keys(now)) {
    if (Object.hasOwn(before, key)) continue
    if (key.startsWith(appArmorPrefix)) errors.push(forbiddenField(path.key(key), 'may not add AppArmor annotations'))
    if (key === mirrorKey) errors.push(forbiddenField(path.key(key), 'may not add mirror pod annotation'))
  }
  return errors
}
