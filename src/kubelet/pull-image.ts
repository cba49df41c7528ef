// Pulls one container's image and tells how it went, in upstream's words.
import type { Container, Pod } from '../../openapi/types/core/v1.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { Runtime } from './runtime/runtime.ts'

export interface PullRequest {
  clock: Clock
  runtime: Runtime
  pod: Pod
  container: Container
  event: (type: 'Normal' | 'Warning', reason: string, message: string) => void
}

/** Resolves with the error's text when the image could not be pulled. */
export async function pullImage({ clock, runtime, pod, container, event }: PullRequest): Promise<string | undefined> {
  const image = JSON.stringify(container.image ?? '')
  const started = clock.now()
  event('Normal', 'Pulling', `Pulling image ${image}`)
  try {
    const ref = await runtime.pullImage(container.image ?? '', pod)
    const took = durationText(clock.now() - started)
    const size = runtime.images().find(({ names }) => names.includes(ref))?.sizeBytes ?? 0
    event('Normal', 'Pulled', `Successfully pulled image ${image} in ${took} (${took} including waiting). Image size: ${size} bytes.`)
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    event('Warning', 'Failed', `Failed to pull image ${image}: ${message}`)
    event('Warning', 'Failed', 'Error: ErrImagePull')
    return message
  }
}

/** As Go prints a duration of some milliseconds or seconds. */
function durationText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(3).replace(/\.?0+$/, '')}s`
}
