// Whether a running container still is what the spec says: name and image, the fields upstream hashes too. Pure.
import type { Container } from '../../openapi/types/core/v1.ts'

/** Equal for equal containers. */
export function containerHash({ name, image }: Container): string {
  return `${name}\n${image ?? ''}`
}
