// Rules of /resize: only cpu and memory of containers may change, and the QoS class may not.
import type { Container, Pod } from '../../../../openapi/types/core/v1.ts'
import { semanticDeepEqual } from '../../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue } from '../../../apimachinery/field-errors.ts'
import { isRestartableInitContainer } from './queries.ts'
import { computeQosClass, qosClass } from './resources.ts'

/** Rules between a resized pod and the stored one. */
export function validatePodResize(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) return [forbiddenField('', 'static pods cannot be resized')]
  if (old.spec?.os?.name === 'windows') return [forbiddenField('', 'windows pods cannot be resized')]
  const path = at('spec')
  const errors: FieldError[] = []
  if (qosClass(old) !== computeQosClass(pod.spec)) {
    errors.push(invalidValue(path, pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'))
  }
  if (!nodeCanResize(old)) errors.push(forbiddenField(path, 'Pod running on node without support for resize'))
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, before] of (old.spec?.[list] ?? []).entries()) {
      const now = pod.spec?.[list]?.[index]
      if (now === undefined || (list === 'initContainers' && !isRestartableInitContainer(before))) continue
      errors.push(...containerErrors(now, before, path.child(list).index(index).child('resources')))
    }
  }
  return [...errors, ...otherChanges(pod, old, path)]
}

/** A kubelet that can resize reports the resources of running containers. */
function nodeCanResize({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined)
  return running === undefined || running.resources !== undefined
}

function containerErrors({ resources }: Container, before: Container, path: Path): FieldError[] {
  const errors: FieldError[] = []
  for (const list of ['requests', 'limits'] as const) {
    const removed = Object.keys(before.resources?.[list] ?? {}).some((name) => resources?.[list]?.[name] === undefined)
    if (removed) errors.push(forbiddenField(path.child(list), `resource ${list} cannot be removed`))
  }
  return errors
}

function otherChanges(pod: Pod, old: Pod, path: Path): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, container] of (pod.spec?.containers ?? []).entries()) {
    const before = old.spec?.containers?.[index]
    if (before && !semanticDeepEqual(withoutComputeResources(container), withoutComputeResources(before))) {
      errors.push(forbiddenField(path, 'only cpu and memory resources are mutable'))
    }
  }
  for (const [index, container] of (pod.spec?.initContainers ?? []).entries()) {
    const before = old.spec?.initContainers?.[index]
    if (before === undefined) continue
    if (!isRestartableInitContainer(container)) {
      if (!semanticDeepEqual(container, before))
        errors.push(forbiddenField(path, 'resources for non-sidecar init containers are immutable'))
    } else if (!semanticDeepEqual(withoutComputeResources(container), withoutComputeResources(before))) {
      errors.push(forbiddenField(path, 'only cpu and memory resources for sidecar containers are mutable'))
    }
  }
  if (errors.length > 0) return errors
  const rest = ({ containers: _a, initContainers: _b, resources: _c, ...others }: NonNullable<Pod['spec']>) => others
  const [now, then] = [pod.spec ?? { containers: [] }, old.spec ?? { containers: [] }]
  const sameCount =
    now.containers.length === then.containers.length && (now.initContainers ?? []).length === (then.initContainers ?? []).length
  return sameCount && semanticDeepEqual(rest(now), rest(then)) ? [] : [forbiddenField(path, 'only cpu and memory resources are mutable')]
}

function withoutComputeResources(container: Container): Container {
  const strip = (list: Readonly<Record<string, string>> | undefined) =>
    Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => name !== 'cpu' && name !== 'memory'))
  const { resizePolicy: _policy, ...rest } = container
  return {
    ...rest,
    resources: { ...container.resources, limits: strip(container.resources?.limits), requests: strip(container.resources?.requests) },
  }
}
