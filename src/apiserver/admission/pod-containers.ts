// Walks every container of a pod spec: a rule that forgets a kind of container is a hole (CVE-2023-2727).
import type { Container, PodSpec } from '../../../openapi/types/core/v1.ts'
import { at, type Path } from '../../apimachinery/field-errors.ts'

/** A container with where it stands. Ephemeral containers have the fields of a container that rules look at. */
export interface PlacedContainer {
  container: Container
  path: Path
  type: 'init' | 'main' | 'ephemeral'
}

/** Init containers, containers, ephemeral containers. */
export function allContainers(spec: PodSpec | undefined): PlacedContainer[] {
  return [
    ...placed(spec?.initContainers, 'initContainers', 'init'),
    ...placed(spec?.containers, 'containers', 'main'),
    ...placed(spec?.ephemeralContainers as Container[] | undefined, 'ephemeralContainers', 'ephemeral'),
  ]
}

function placed(list: readonly Container[] | undefined, field: string, type: PlacedContainer['type']): PlacedContainer[] {
  return (list ?? []).map((container, index) => ({ container, path: at('spec', field).index(index), type }))
}
