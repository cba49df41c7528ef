// Whether a container that has exited runs again: its own rules first, then its own policy, then the pod's. Pure. KEP-5307.
import type { Container, Pod } from '../../openapi/types/core/v1.ts'

/** The answer for one container and exit code. */
export function restartsAfter({ spec }: Pod, container: Container, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const listed = exitCodes?.values?.includes(exitCode) ?? false
    if (action === 'Restart' && exitCodes !== undefined && listed === (exitCodes.operator === 'In')) return true
  }
  const policy = container.restartPolicy ?? spec?.restartPolicy ?? 'Always'
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}

/** Ephemeral containers in the shape of the others; they are started once and never again. */
export function ephemeralContainers({ spec }: Pod): Container[] {
  return (spec?.ephemeralContainers ?? []).map(({ targetContainerName: _, ...container }) => container)
}
