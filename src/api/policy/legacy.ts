// PodDisruptionBudget in policy/v1beta1: there an empty selector matches no pod, in v1 every pod. The label of the stored
// selectors is upstream's; no pod carries it.
import type { PodDisruptionBudget } from '../../../openapi/types/policy/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'

type Selector = NonNullable<NonNullable<PodDisruptionBudget['spec']>['selector']>

const key = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match'
const empty: Selector = {}
const matchNone: Selector = { matchExpressions: [{ key, operator: 'Exists' }] }
const matchAll: Selector = { matchExpressions: [{ key, operator: 'DoesNotExist' }] }

/** Both ways of the conversion, for `served`. */
export const emptySelectors = {
  toStorage: (object: KubeObject): KubeObject => replaced(object, [empty, matchNone], [matchAll, empty]),
  fromStorage: (object: KubeObject): KubeObject => replaced(object, [matchNone, empty], [empty, matchAll]),
}

function replaced(object: KubeObject, ...pairs: readonly (readonly [Selector, Selector])[]): KubeObject {
  const { spec } = object as PodDisruptionBudget
  const selector = spec?.selector
  const found = selector && pairs.find(([from]) => same(from, selector))
  return found === undefined ? object : ({ ...object, spec: { ...spec, selector: structuredClone(found[1]) } } as KubeObject)
}

function same(one: Selector, other: Selector): boolean {
  const parts = ({ matchLabels = {}, matchExpressions = [] }: Selector): unknown => ({ matchLabels, matchExpressions })
  return semanticEqual(parts(one), parts(other))
}
