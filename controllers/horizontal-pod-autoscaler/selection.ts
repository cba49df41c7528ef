// The pods of a target, and whether another autoscaler has them too. Pure.
import type { Pod } from '../../openapi/types/core/v1.ts'
import { matchesLabels, type Selector } from '../../src/apimachinery/selectors/label-selector.ts'
import { parseLabelSelector } from '../../src/apimachinery/selectors/parse-label-selector.ts'
import type { Lister } from '../../src/controller/define.ts'

export interface Selected {
  selector: string
  pods: readonly Pod[]
}

/** Why no pods are selected: `reason` and `message` for the condition, `eventReason` and `error` for events. */
export interface Unselected {
  eventReason: string
  reason: string
  message: string
  error: string
}

/** `others`: selectors of the namespace's autoscalers by name, this one's among them. */
export function selectedPods(
  namespace: string,
  text: string | undefined,
  lister: Lister<Pod>,
  others: ReadonlyMap<string, string>,
): Selected | Unselected {
  if (text === undefined || text === '') {
    const message = "the HPA target's scale is missing a selector"
    return { eventReason: 'SelectorRequired', reason: 'InvalidSelector', message, error: 'selector is required' }
  }
  const selector = parsed(text)
  if (typeof selector === 'string') {
    return refused('InvalidSelector', `couldn't convert selector into a corresponding internal selector object: ${selector}`)
  }
  const pods = lister.list(namespace).filter(({ metadata }) => matchesLabels(selector, metadata?.labels))
  const selecting = [...others].filter(([, other]) => other === text || selectsAny(other, pods)).map(([name]) => `${namespace}/${name}`)
  if (pods.length > 0 && selecting.length > 1) {
    return refused('AmbiguousSelector', `pods by selector ${text} are controlled by multiple HPAs: [${selecting.sort().join(' ')}]`)
  }
  return { selector: text, pods }
}

function selectsAny(text: string, pods: readonly Pod[]): boolean {
  const selector = parsed(text)
  return typeof selector !== 'string' && pods.some(({ metadata }) => matchesLabels(selector, metadata?.labels))
}

/** The selector, or what is wrong with its text. */
function parsed(text: string): Selector | string {
  try {
    return parseLabelSelector(text)
  } catch (error) {
    return (error as Error).message
  }
}

function refused(reason: string, message: string): Unselected {
  return { eventReason: reason, reason, message, error: message }
}
