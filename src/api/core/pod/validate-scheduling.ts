// Rules of what steers the scheduler: affinity, tolerations, topology spread, gates. Node selectors serve PersistentVolumes too.
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  PodSchedulingGate,
  PreferredSchedulingTerm,
  Toleration,
} from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../../apimachinery/field-errors.ts'
import { labelValueErrors } from '../../../apimachinery/names.ts'
import { validateLabelName } from '../../../apimachinery/object-meta.ts'
import { invalidFor, namespaceName, objectName, qualified } from '../../shared/checks.ts'
import { validateLabelSelector } from '../../shared/validate-label-selector.ts'

const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferredTerms = 'preferredDuringSchedulingIgnoredDuringExecution'

/** spec.affinity. */
export function validateAffinity(affinity: Affinity | undefined, path: Path): FieldError[] {
  if (affinity === undefined) return []
  const errors: FieldError[] = []
  if (affinity.nodeAffinity) {
    const { [requiredTerms]: selector, [preferredTerms]: preferred } = affinity.nodeAffinity
    const where = path.child('nodeAffinity')
    if (selector) errors.push(...validateNodeSelector(selector, where.child(requiredTerms)))
    errors.push(...preferredErrors(preferred ?? [], where.child(preferredTerms)))
  }
  errors.push(...podAffinityErrors(affinity.podAffinity, path.child('podAffinity')))
  return [...errors, ...podAffinityErrors(affinity.podAntiAffinity, path.child('podAntiAffinity'))]
}

function preferredErrors(terms: readonly PreferredSchedulingTerm[], path: Path): FieldError[] {
  return terms.flatMap(({ weight, preference }, index) => [
    ...weightErrors(weight, path.index(index).child('weight')),
    ...termErrors(preference ?? {}, path.index(index).child('preference'), false),
  ])
}

function weightErrors(weight: number | undefined, path: Path): FieldError[] {
  return weight !== undefined && weight > 0 && weight <= 100 ? [] : [invalidValue(path, weight ?? 0, 'must be in the range 1-100')]
}

/** Terms of a required node affinity. */
export function validateNodeSelector({ nodeSelectorTerms }: NodeSelector, path: Path): FieldError[] {
  const where = path.child('nodeSelectorTerms')
  if (!nodeSelectorTerms?.length) return [required(where, 'must have at least one node selector term')]
  return nodeSelectorTerms.flatMap((term, index) => termErrors(term, where.index(index), true))
}

/** `checkValues`: preferred terms may hold values that are no label values. */
function termErrors({ matchExpressions, matchFields }: NodeSelectorTerm, path: Path, checkValues: boolean): FieldError[] {
  return [
    ...(matchExpressions ?? []).flatMap((requirement, index) =>
      expressionErrors(requirement, path.child('matchExpressions').index(index), checkValues),
    ),
    ...(matchFields ?? []).flatMap((requirement, index) => fieldErrors(requirement, path.child('matchFields').index(index))),
  ]
}

function expressionErrors({ key, operator, values = [] }: NodeSelectorRequirement, path: Path, checkValues: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"))
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push(forbiddenField(path.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    }
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) errors.push(required(path.child('values'), "must be specified single value when `operator` is 'Lt' or 'Gt'"))
  } else errors.push(invalidValue(path.child('operator'), operator ?? '', 'not a valid selector operator'))
  errors.push(...validateLabelName(key ?? '', path.child('key')))
  if (!checkValues) return errors
  return [...errors, ...values.flatMap((value, index) => invalidFor(path.child('values').index(index), value, labelValueErrors(value)))]
}

function fieldErrors({ key, operator, values = [] }: NodeSelectorRequirement, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(invalidValue(path.child('operator'), operator ?? '', 'not a valid selector operator'))
  else if (values.length !== 1) {
    errors.push(required(path.child('values'), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"))
  }
  if (key !== 'metadata.name') return [...errors, invalidValue(path.child('key'), key ?? '', 'not a valid field selector key')]
  return [...errors, ...values.flatMap((value, index) => objectName(value, path.child('values').index(index)))]
}

function podAffinityErrors(affinity: PodAffinity | undefined, path: Path): FieldError[] {
  if (affinity === undefined) return []
  const { [requiredTerms]: terms = [], [preferredTerms]: weighted = [] } = affinity
  return [
    ...terms.flatMap((term, index) => podTermErrors(term, path.child(requiredTerms).index(index))),
    ...weighted.flatMap(({ weight, podAffinityTerm }, index) => {
      const where = path.child(preferredTerms).index(index)
      return [
        ...weightErrors(weight, where.child('weight')),
        ...podTermErrors(podAffinityTerm ?? { topologyKey: '' }, where.child('podAffinityTerm')),
      ]
    }),
  ]
}

function podTermErrors(term: PodAffinityTerm, path: Path): FieldError[] {
  const topologyKey = path.child('topologyKey')
  return [
    ...validateLabelSelector(term.labelSelector, path.child('labelSelector')),
    ...validateLabelSelector(term.namespaceSelector, path.child('namespaceSelector')),
    ...(term.namespaces ?? []).flatMap((name) => namespaceName(name, path.child('namespace'))),
    ...matchKeysErrors(term, path),
    ...(term.topologyKey ? [] : [required(topologyKey, 'can not be empty')]),
    ...validateLabelName(term.topologyKey ?? '', topologyKey),
  ]
}

/** matchLabelKeys and mismatchLabelKeys: names of labels, in one of the lists only, and not already selected by hand. */
function matchKeysErrors({ matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: PodAffinityTerm, path: Path): FieldError[] {
  const errors: FieldError[] = []
  for (const [field, keys] of Object.entries({ matchLabelKeys, mismatchLabelKeys })) {
    if (keys.length === 0) continue
    if (labelSelector === undefined) errors.push(forbiddenField(path.child(field), 'must not be specified when labelSelector is not set'))
    else errors.push(...keys.flatMap((key, index) => validateLabelName(key, path.child(field).index(index))))
  }
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}))
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.lastIndexOf(key)
    if (index >= 0 && seen.has(key)) errors.push(invalidValue(path.index(index), key, 'exists in both matchLabelKeys and labelSelector'))
    seen.add(key)
  }
  for (const [index, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue
    errors.push(invalidValue(path.child('matchLabelKeys').index(index), key, 'exists in both matchLabelKeys and mismatchLabelKeys'))
  }
  return errors
}

/** The effects a taint may have. */
export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** spec.tolerations. */
export function validateTolerations(tolerations: readonly Toleration[] | undefined, path: Path): FieldError[] {
  return (tolerations ?? []).flatMap((toleration, index) => tolerationErrors(toleration, path.index(index)))
}

function tolerationErrors({ key, operator, value, effect, tolerationSeconds }: Toleration, path: Path): FieldError[] {
  const errors = key ? validateLabelName(key, path.child('key')) : []
  if (!key && operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    errors.push(invalidValue(path.child('operator'), operator ?? '', detail))
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalidValue(path.child('effect'), effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"))
  }
  if (!operator || operator === 'Equal') {
    const messages = labelValueErrors(value ?? '')
    if (messages.length > 0) errors.push(invalidValue(path.child('operator'), value, messages.join(';')))
  } else if (operator === 'Exists') {
    if (value) errors.push(invalidValue(path.child('operator'), value, "value must be empty when `operator` is 'Exists'"))
  } else errors.push(notSupported(path.child('operator'), operator, ['Equal', 'Exists']))
  if (effect && !taintEffects.includes(effect)) errors.push(notSupported(path.child('effect'), effect, taintEffects))
  return errors
}

/** spec.schedulingGates. */
export function validateSchedulingGates(gates: readonly PodSchedulingGate[] | undefined, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { name = '' }] of (gates ?? []).entries()) {
    errors.push(...qualified(name, path.index(index)))
    if (seen.has(name)) errors.push(duplicate(path.index(index), name))
    seen.add(name)
  }
  return errors
}
