// Walking over all containers of a pod: rules that look at one kind of container only are how rules are circumvented.
import type { Container, Pod, PodSpec } from '../../../../openapi/types/core/v1.ts'
import type { Path } from '../../../apimachinery/field-errors.ts'

/** Init, main and ephemeral containers with their paths, in that order. */
export function containersWithPath(spec: PodSpec, path: Path): [Container, Path][] {
  const lists = [
    ['initContainers', spec.initContainers],
    ['containers', spec.containers],
    ['ephemeralContainers', spec.ephemeralContainers as Container[] | undefined],
  ] as const
  return lists.flatMap(([name, list]) =>
    (list ?? []).map((container, index): [Container, Path] => [container, path.child(name).index(index)]),
  )
}

/** Every container of the pod, of whatever kind. */
export function allContainers(spec: PodSpec | undefined): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...((spec?.ephemeralContainers ?? []) as Container[])]
}

/** A port on the host that a container claims. */
export interface HostPort {
  protocol: string
  hostIP: string
  hostPort: number
}

/** The host ports of main containers and sidecars: what the scheduler keeps apart. */
export function hostPorts(pod: Pod): HostPort[] {
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...(pod.spec?.containers ?? []), ...sidecars].flatMap(({ ports }) =>
    (ports ?? [])
      .filter(({ hostPort }) => (hostPort ?? 0) > 0)
      .map(({ protocol, hostIP, hostPort }) => ({ protocol: protocol ?? 'TCP', hostIP: hostIP || '0.0.0.0', hostPort: hostPort ?? 0 })),
  )
}
