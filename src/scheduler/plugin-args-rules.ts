// What the arguments of plugins must satisfy, in upstream's words. Their shapes are in plugin-args.ts.
import type { NodeSelector, PreferredSchedulingTerm } from '../../openapi/types/core/v1.ts'
import { validateNodeSelector } from '../api/core/pod/validate-scheduling.ts'
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  type Path,
  required,
} from '../apimachinery/field-errors.ts'
import { qualifiedName } from '../apimachinery/names.ts'
import type { ResourceWeight, ShapePoint } from './plugins/resource-allocation.ts'

type Rules = (args: Record<string, unknown>, where: Path) => FieldError[]

/** The faults in the arguments of a plugin; none for a plugin that takes none. */
export function argsErrors(name: string, args: object, where: Path): FieldError[] {
  return Object.hasOwn(rules, name) ? rules[name]!(args as Record<string, unknown>, where) : []
}

const rules: Readonly<Record<string, Rules>> = {
  DefaultPreemption: preemptionErrors,
  InterPodAffinity({ hardPodAffinityWeight: weight = 1 }, where) {
    return inRange(weight as number, 0, 100)
      ? []
      : [invalidValue(where.child('hardPodAffinityWeight'), weight, 'not in valid range [0, 100]')]
  },
  NodeAffinity: addedAffinityErrors,
  NodeResourcesBalancedAllocation({ resources = [] }, where) {
    const seen = new Set<string>()
    return (resources as ResourceWeight[]).flatMap(({ name, weight }, i) => {
      const here = where.child('resources').index(i)
      const again = seen.has(name)
      seen.add(name)
      return [
        ...(again ? [duplicate(here.child('name'), name)] : []),
        ...(weight === 1 ? [] : [invalidValue(here.child('weight'), weight, 'must be 1')]),
      ]
    })
  },
  NodeResourcesFit: fitErrors,
  PodTopologySpread: spreadErrors,
  VolumeBinding({ bindTimeoutSeconds = 600, shape }, where) {
    const errors: FieldError[] = []
    if ((bindTimeoutSeconds as number) < 0) {
      const text = 'invalid BindTimeoutSeconds, should not be a negative value'
      errors.push(invalidValue(where.child('bindTimeoutSeconds'), bindTimeoutSeconds, text))
    }
    if (shape !== undefined) {
      const text = 'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring'
      errors.push(invalidValue(where.child('shape'), shape, text))
    }
    return errors
  },
}

const inRange = (value: number, least: number, most: number): boolean => value >= least && value <= most

function preemptionErrors(args: Record<string, unknown>, where: Path): FieldError[] {
  const percentage = (args['minCandidateNodesPercentage'] ?? 10) as number
  const absolute = (args['minCandidateNodesAbsolute'] ?? 100) as number
  const [first, second] = [where.child('minCandidateNodesPercentage'), where.child('minCandidateNodesAbsolute')]
  const errors: FieldError[] = []
  if (!inRange(percentage, 0, 100)) errors.push(invalidValue(first, percentage, 'not in valid range [0, 100]'))
  if (absolute < 0) errors.push(invalidValue(second, absolute, 'not in valid range [0, inf)'))
  if (percentage === 0 && absolute === 0)
    errors.push(
      invalidValue(first, percentage, 'cannot be zero at the same time as minCandidateNodesAbsolute'),
      invalidValue(second, absolute, 'cannot be zero at the same time as minCandidateNodesPercentage'),
    )
  return errors
}

function addedAffinityErrors({ addedAffinity }: Record<string, unknown>, where: Path): FieldError[] {
  const given = (addedAffinity ?? {}) as Record<string, unknown>
  const here = where.child('addedAffinity')
  const [hard, soft] = ['requiredDuringSchedulingIgnoredDuringExecution', 'preferredDuringSchedulingIgnoredDuringExecution']
  const selector = given[hard!] as NodeSelector | undefined
  const terms = (given[soft!] ?? []) as PreferredSchedulingTerm[]
  return [
    ...(selector === undefined ? [] : validateNodeSelector(selector, here.child(hard!))),
    ...terms.flatMap(({ preference }, i) =>
      validateNodeSelector({ nodeSelectorTerms: [preference] }, here.child(soft!).index(i)).map((error) => ({
        ...error,
        field: error.field.replace('.nodeSelectorTerms[0]', ''),
      })),
    ),
  ]
}

function fitErrors(args: Record<string, unknown>, where: Path): FieldError[] {
  const errors: FieldError[] = []
  for (const [i, name] of ((args['ignoredResources'] ?? []) as string[]).entries())
    errors.push(...qualifiedName(name).map((fault) => invalidValue(where.child('ignoredResources').index(i), name, fault)))
  for (const [i, group] of ((args['ignoredResourceGroups'] ?? []) as string[]).entries()) {
    const faults = [...(group.includes('/') ? ["resource group name can't contain '/'"] : []), ...qualifiedName(group)]
    errors.push(...faults.map((fault) => invalidValue(where.child('ignoredResourceGroups').index(i), group, fault)))
  }
  const strategy = args['scoringStrategy'] as
    | { type: string; resources: ResourceWeight[]; requestedToCapacityRatio?: { shape: ShapePoint[] } }
    | undefined
  return strategy === undefined ? errors : [...errors, ...strategyErrors(strategy, where.child('scoringStrategy'))]
}

const strategies = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']

function strategyErrors(
  {
    type,
    resources,
    requestedToCapacityRatio: ratio,
  }: { type: string; resources: ResourceWeight[]; requestedToCapacityRatio?: { shape: ShapePoint[] } },
  where: Path,
): FieldError[] {
  const errors = strategies.includes(type) ? [] : [notSupported(where.child('type'), type, strategies)]
  for (const [i, { name, weight }] of resources.entries()) {
    if (weight > 0 && weight <= 100) continue
    const text = `resource weight of ${name} not in valid range (0, 100]`
    errors.push(invalidValue(where.child('resources').index(i).child('weight'), weight, text))
  }
  const here = where.child('requestedToCapacityRatio')
  if (type !== 'RequestedToCapacityRatio')
    return ratio === undefined ? errors : [...errors, forbiddenField(here, 'must be nil when type is not RequestedToCapacityRatio')]
  if (ratio === undefined) return [...errors, required(here, 'must be specified when type is RequestedToCapacityRatio')]
  return [...errors, ...shapeErrors(ratio.shape, here.child('shape'))]
}

function shapeErrors(shape: readonly ShapePoint[], where: Path): FieldError[] {
  if (shape.length === 0) return [required(where, 'at least one point must be specified')]
  const errors: FieldError[] = []
  const unsorted = shape.findIndex(({ utilization }, i) => i > 0 && shape[i - 1]!.utilization >= utilization)
  if (unsorted > 0) {
    const text = 'values must be sorted in increasing order'
    errors.push(invalidValue(where.index(unsorted).child('utilization'), shape[unsorted]!.utilization, text))
  }
  for (const [i, { utilization, score }] of shape.entries()) {
    if (!inRange(utilization, 0, 100))
      errors.push(invalidValue(where.index(i).child('utilization'), utilization, 'not in valid range [0, 100]'))
    if (!inRange(score, 0, 10)) errors.push(invalidValue(where.index(i).child('score'), score, 'not in valid range [0, 10]'))
  }
  return errors
}

interface GivenConstraint {
  maxSkew?: number
  topologyKey?: string
  whenUnsatisfiable?: string
  labelSelector?: object
}

function spreadErrors({ defaultConstraints, defaultingType = 'System' }: Record<string, unknown>, where: Path): FieldError[] {
  const constraints = (defaultConstraints ?? []) as GivenConstraint[]
  const types = ['System', 'List']
  const errors: FieldError[] = []
  if (!types.includes(defaultingType as string)) errors.push(notSupported(where.child('defaultingType'), defaultingType, types))
  else if (defaultingType === 'System' && constraints.length > 0)
    errors.push(invalidValue(where.child('defaultingType'), defaultingType, 'when .defaultConstraints are not empty'))
  for (const i of constraints.keys()) errors.push(...constraintErrors(constraints, i, where.child('defaultConstraints').index(i)))
  return errors
}

function constraintErrors(all: readonly GivenConstraint[], i: number, where: Path): FieldError[] {
  const { maxSkew = 0, topologyKey = '', whenUnsatisfiable: action = '', labelSelector } = all[i]!
  const errors: FieldError[] = []
  if (maxSkew <= 0) errors.push(invalidValue(where.child('maxSkew'), maxSkew, 'not in valid range (0, inf)'))
  const key = where.child('topologyKey')
  if (topologyKey === '') errors.push(required(key, 'can not be empty'))
  else errors.push(...qualifiedName(topologyKey).map((fault) => invalidValue(key, topologyKey, fault)))
  const actions = ['DoNotSchedule', 'ScheduleAnyway']
  if (action === '') errors.push(required(where.child('whenUnsatisfiable'), 'can not be empty'))
  else if (!actions.includes(action)) errors.push(notSupported(where.child('whenUnsatisfiable'), action, actions))
  if (labelSelector !== undefined)
    errors.push(forbiddenField(where.child('labelSelector'), 'constraint must not define a selector, as they deduced for each pod'))
  if (all.slice(0, i).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === action))
    errors.push(duplicate(where, `{${topologyKey}, ${action}}`))
  return errors
}
