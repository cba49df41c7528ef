// What the checks of the Pod Security Standards share. Pure. https://kubernetes.io/docs/concepts/security/pod-security-standards/
import type { Container, PodSecurityContext, PodSpec, SecurityContext } from '../../../../openapi/types/core/v1.ts'
import type { ObjectMeta } from '../../../apimachinery/meta.ts'
import { allContainers } from '../pod-containers.ts'

/** Why a pod breaks a rule, in upstream's words. */
export interface Violation {
  reason: string
  detail: string
}

/** A pod as the checks see it; `minor` is the policy's version (Infinity: latest). */
export interface Checked {
  metadata: ObjectMeta
  spec: PodSpec
  minor: number
}

/** A rule of a level. */
export interface Check {
  id: string
  /** From this 1.x on. */
  since: number
  /** The weaker rule of the baseline that this one replaces. */
  overrides?: string
  check: (pod: Checked) => Violation | undefined
}

export function containersOf({ spec }: Checked): Container[] {
  return allContainers(spec).map(({ container }) => container)
}

/** Names of the containers for which `bad` holds. */
export function badContainers(pod: Checked, bad: (container: Container, context: SecurityContext) => boolean): string[] {
  return containersOf(pod)
    .filter((container) => bad(container, container.securityContext ?? {}))
    .map(({ name }) => name)
}

/** `container "a"`, `containers "a", "b"`. */
export function containersText(names: readonly string[]): string {
  return `${plural('container', names.length)} ${quoted(names)}`
}

/** `pod and containers "a", "b"`: who sets something bad, the pod included if it does. */
export function settersText(podIsBad: boolean, names: readonly string[]): string {
  return [...(podIsBad ? ['pod'] : []), ...(names.length > 0 ? [containersText(names)] : [])].join(' and ')
}

export function quoted(items: readonly string[]): string {
  return items.map((item) => `"${item}"`).join(', ')
}

export function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`
}

/** Sorted, each once. */
export function unique(items: readonly string[]): string[] {
  return [...new Set(items)].sort()
}

export function podContext({ spec }: Checked): PodSecurityContext {
  return spec.securityContext ?? {}
}

/** In a user namespace root is nobody: some rules are relaxed since 1.35. */
export function isInUserNamespace({ spec, minor }: Checked): boolean {
  return minor >= 35 && spec.hostUsers === false
}

/** Rules about Linux features do not concern Windows pods since 1.25. */
export function isExemptWindows({ spec, minor }: Checked): boolean {
  return minor >= 25 && spec.os?.name === 'windows'
}
