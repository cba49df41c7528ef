// What may change in a pod: images, deadline, more tolerations, fewer gates; while gated also a narrower choice of nodes.
// Rules and words: ValidatePodUpdate and ValidatePodEphemeralContainersUpdate upstream.
import type {
  Container,
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
  PodSchedulingGate,
  PodSpec,
  Toleration,
} from '../../../../openapi/types/core/v1.ts'
import { semanticDeepEqual } from '../../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, required } from '../../../apimachinery/field-errors.ts'
import { rangeText } from '../../../apimachinery/names.ts'
import { valueDiff } from '../../shared/value-diff.ts'
import { annotationUpdateErrors } from './validate.ts'
import { validateTolerations } from './validate-scheduling.ts'

const updatableFields = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
]

/** Rules between an updated pod and the stored one. */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const path = at('spec')
  const spec = pod.spec ?? { containers: [] }
  const oldSpec = old.spec ?? { containers: [] }
  const errors = annotationUpdateErrors(pod, old)
  for (const list of ['containers', 'initContainers'] as const) {
    const where = path.child(list)
    const [now, before] = [spec[list] ?? [], oldSpec[list] ?? []]
    if (now.length !== before.length) return [...errors, forbiddenField(where, 'pod updates may not add or remove containers')]
    errors.push(...imageErrors(now, where))
  }
  const deadline = deadlineErrors(spec, oldSpec, path.child('activeDeadlineSeconds'))
  errors.push(...deadline.errors)
  if (deadline.stop) return errors
  errors.push(...tolerationErrors(spec.tolerations ?? [], oldSpec.tolerations ?? [], path.child('tolerations')))
  errors.push(...gateErrors(spec.schedulingGates ?? [], oldSpec.schedulingGates ?? [], path.child('schedulingGates')))
  if (semanticDeepEqual(spec, oldSpec)) return errors
  const allowed = allowedChanges(spec, oldSpec, path)
  errors.push(...allowed.errors)
  if (semanticDeepEqual(allowed.rest, oldSpec)) return errors
  const detail = `pod updates may not change fields other than ${updatableFields.join(',')}\n${valueDiff('core.PodSpec', oldSpec, allowed.rest)}`
  return [...errors, forbiddenField(path, detail)]
}

function imageErrors(containers: readonly Container[], path: Path): FieldError[] {
  return containers.flatMap(({ image = '' }, index) => {
    const where = path.index(index).child('image')
    if (image === '') return [required(where)]
    return image === image.trim() ? [] : [invalidValue(where, image, 'must not have leading or trailing whitespace')]
  })
}

function deadlineErrors(spec: PodSpec, old: PodSpec, path: Path): { errors: FieldError[]; stop: boolean } {
  const [now, before] = [spec.activeDeadlineSeconds, old.activeDeadlineSeconds]
  if (now === undefined) {
    const errors = before === undefined ? [] : [invalidValue(path, null, 'must not update from a positive integer to nil value')]
    return { errors, stop: false }
  }
  if (now < 0 || now > 2147483647) return { errors: [invalidValue(path, now, rangeText(0, 2147483647))], stop: true }
  if (before === undefined || before >= now) return { errors: [], stop: false }
  return { errors: [invalidValue(path, now, 'must be less than or equal to previous value')], stop: true }
}

/** Tolerations may be added; of the old ones only tolerationSeconds may change. */
function tolerationErrors(now: readonly Toleration[], before: readonly Toleration[], path: Path): FieldError[] {
  const kept = before.every((old) => now.some((other) => semanticDeepEqual({ ...old, tolerationSeconds: other.tolerationSeconds }, other)))
  if (!kept) return [forbiddenField(path, 'existing toleration can not be modified except its tolerationSeconds')]
  return validateTolerations(now, path)
}

function gateErrors(now: readonly PodSchedulingGate[], before: readonly PodSchedulingGate[], path: Path): FieldError[] {
  const old = new Set(before.map(({ name }) => name))
  return now.flatMap(({ name }, index) =>
    old.has(name)
      ? []
      : [forbiddenField(path.index(index).child('name'), `only deletion is allowed, but found new scheduling gate '${name}'`)],
  )
}

/** The new spec with every allowed change taken back: what remains different is forbidden. */
function allowedChanges(spec: PodSpec, old: PodSpec, path: Path): { rest: PodSpec; errors: FieldError[] } {
  const rest = structuredClone(spec)
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (rest[list] ?? []).entries()) takeBack(container, old[list]?.[index], 'image')
  }
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) takeBack(rest, old, field)
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && rest.terminationGracePeriodSeconds === 1)
    takeBack(rest, old, 'terminationGracePeriodSeconds')
  if (!old.schedulingGates?.length) return { rest, errors: [] }
  return { rest, errors: gatedChanges(rest, old, path) }
}

function takeBack<T extends object, F extends keyof T>(target: T, source: T | undefined, field: F): void {
  if (source === undefined || source[field] === undefined) delete target[field]
  else target[field] = source[field]
}

/** A gated pod may be given a narrower choice of nodes. Takes the changes back in `rest`. */
function gatedChanges(rest: PodSpec, old: PodSpec, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (!semanticDeepEqual(rest.nodeSelector, old.nodeSelector)) {
    const kept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => rest.nodeSelector?.[key] === value)
    if (!kept) {
      const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
      errors.push(invalidValue(path.child('nodeSelector'), rest.nodeSelector, detail))
    }
    takeBack(rest, old, 'nodeSelector')
  }
  const [now, before] = [rest.affinity?.nodeAffinity, old.affinity?.nodeAffinity]
  if (semanticDeepEqual(now, before)) return errors
  errors.push(...nodeAffinityErrors(now, before, path.child('affinity', 'nodeAffinity')))
  rest.affinity = { ...rest.affinity }
  takeBack(rest.affinity, old.affinity ?? {}, 'nodeAffinity')
  if (old.affinity === undefined && Object.keys(rest.affinity).length === 0) delete rest.affinity
  return errors
}

function nodeAffinityErrors(now: NodeAffinity | undefined, before: NodeAffinity | undefined, path: Path): FieldError[] {
  const field = 'requiredDuringSchedulingIgnoredDuringExecution'
  const [terms, oldTerms] = [now?.[field]?.nodeSelectorTerms ?? [], before?.[field]?.nodeSelectorTerms ?? []]
  const where = path.child(field, 'nodeSelectorTerms')
  if (oldTerms.length === 0) return []
  if (oldTerms.length !== terms.length) {
    return [invalidValue(where, terms, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')]
  }
  return terms.flatMap((term, index) =>
    onlyAdds(term, oldTerms[index] ?? {})
      ? []
      : [invalidValue(where.index(index), term, 'only additions are allowed (no mutations or deletions)')],
  )
}

function onlyAdds(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = (['matchExpressions', 'matchFields'] as const).map((field) => [term[field] ?? [], old[field] ?? []] as const)
  if (lists.every(([, before]) => before.length === 0)) return lists.every(([now]) => now.length === 0)
  return lists.every(([now, before]) => now.length >= before.length && semanticDeepEqual(now.slice(0, before.length), before))
}

/** /ephemeralcontainers: containers may be added, never changed or removed; mirror pods have none. */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) {
    return [forbiddenField('', 'static pods do not support ephemeral containers')]
  }
  const path = at('spec', 'ephemeralContainers')
  const now = new Map((pod.spec?.ephemeralContainers ?? []).map((container) => [container.name, container]))
  return (old.spec?.ephemeralContainers ?? []).flatMap((before) => {
    const container = now.get(before.name)
    const name = JSON.stringify(before.name)
    if (container === undefined) return [forbiddenField(path, `existing ephemeral containers ${name} may not be removed\n`)]
    if (semanticDeepEqual(container, before)) return []
    const diff = valueDiff('core.EphemeralContainer', before, container)
    return [forbiddenField(path, `existing ephemeral containers ${name} may not be changed\n${diff}`)]
  })
}
