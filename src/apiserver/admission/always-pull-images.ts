// AlwaysPullImages (off by default): every container pulls its image, so that nobody uses one from a node's cache without credentials.
import type { Pod } from '../../../openapi/types/core/v1.ts'
import { fieldErrorText } from '../../apimachinery/api-error.ts'
import { at, notSupported } from '../../apimachinery/field-errors.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.ts'
import { allContainers } from './pod-containers.ts'
import { isFor, objectAs, oldObjectAs, refuse } from './refuse.ts'

export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  on: ['CREATE', 'UPDATE'],
  mutate: (attributes) => {
    if (!concerns(attributes)) return
    const { spec } = objectAs<Pod>(attributes)
    for (const { container } of allContainers(spec)) container.imagePullPolicy = 'Always'
    for (const volume of spec?.volumes ?? []) if (volume.image !== undefined) volume.image.pullPolicy = 'Always'
  },
  validate: (attributes) => {
    if (!concerns(attributes)) return
    const { spec } = objectAs<Pod>(attributes)
    for (const { container, path } of allContainers(spec)) {
      if (container.imagePullPolicy === 'Always') continue
      throw refuse(attributes, fieldErrorText(notSupported(path.child('imagePullPolicy'), container.imagePullPolicy ?? '', ['Always'])))
    }
    for (const [index, { image }] of (spec?.volumes ?? []).entries()) {
      if (image === undefined || image.pullPolicy === 'Always') continue
      const path = at('spec', 'volumes').index(index).child('image', 'pullPolicy')
      throw refuse(attributes, fieldErrorText(notSupported(path, image.pullPolicy ?? '', ['Always'])))
    }
  },
}

/** New pods, and updates that bring a new image. */
function concerns(attributes: AdmissionAttributes): boolean {
  if (!isFor(attributes, 'pods')) return false
  if (attributes.operation === 'CREATE') return true
  const before = new Set(allContainers(oldObjectAs<Pod>(attributes)?.spec).map(({ container }) => container.image))
  return allContainers(objectAs<Pod>(attributes).spec).some(({ container }) => !before.has(container.image))
}
