// ImageLocality: nodes that already have the pod's images score higher; an image that few nodes have counts less, against crowding.
import type { Pod } from '../../../openapi/types/core/v1.ts'
import { definePlugin, maxScore } from '../framework.ts'

const mebibyte = 1024 * 1024
const leastBytes = 23 * mebibyte
const mostBytesPerContainer = 1000 * mebibyte

/** Adds `:latest` to a name without tag, as runtimes report it. */
export function normalizedImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name
}

function imagesOf({ spec }: Pod): string[] {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ image = '' }) => image)
  const volumes = (spec?.volumes ?? []).flatMap(({ image }) => (image?.reference ? [image.reference] : []))
  return [...containers, ...volumes].map(normalizedImageName)
}

interface State {
  images: readonly string[]
  /** For each image, the share of nodes that have it. */
  shares: readonly number[]
}

export const imageLocality = definePlugin<undefined, State>({
  name: 'ImageLocality',
  prepareScore({ pod }, _, snapshot) {
    const images = imagesOf(pod)
    const shares = images.map((image) => snapshot.imageNodes(image) / snapshot.nodes.length)
    return shares.every((share) => share === 0) ? undefined : { images, shares }
  },
  score({ images, shares }, _, node) {
    let sum = 0
    for (const [i, image] of images.entries()) sum += Math.trunc((node.images.get(image) ?? 0) * shares[i]!)
    const most = mostBytesPerContainer * images.length
    const bounded = Math.min(Math.max(sum, leastBytes), most)
    return Math.trunc((maxScore * (bounded - leastBytes)) / (most - leastBytes))
  },
  retryOn: {},
})
