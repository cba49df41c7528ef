// PodNodeSelector (off by default): a namespace's annotation adds to the node selector of its pods.
import type { Pod } from '../../../openapi/types/core/v1.ts'
import { Namespace } from '../../api/core/namespace.ts'
import { ApiError } from '../../apimachinery/api-error.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { isFor, objectAs, refuse } from './refuse.ts'

const annotation = 'scheduler.alpha.kubernetes.io/node-selector'

export const podNodeSelector: AdmissionPlugin = {
  name: 'PodNodeSelector',
  on: ['CREATE'],
  mutate: (attributes, read) => {
    if (!isFor(attributes, 'pods')) return
    const { spec } = objectAs<Pod>(attributes)
    if (spec === undefined) return
    const wanted = checkedSelector(attributes, read)
    const given = Object.entries(spec.nodeSelector ?? {})
    if (wanted.size > 0) spec.nodeSelector = Object.fromEntries([...wanted, ...given])
  },
  validate: (attributes, read) => {
    if (isFor(attributes, 'pods')) checkedSelector(attributes, read)
  },
}

/** The namespace's labels. Throws 403 when the pod's differ. */
function checkedSelector(attributes: AdmissionAttributes, read: Reader): Map<string, string> {
  const namespace = read.get(Namespace, undefined, attributes.namespace ?? '')
  const wanted = parsed(namespace?.metadata?.annotations?.[annotation] ?? '')
  for (const [key, value] of Object.entries(objectAs<Pod>(attributes).spec?.nodeSelector ?? {})) {
    if (wanted.has(key) && wanted.get(key) !== value) {
      throw refuse(attributes, 'pod node label selector conflicts with its namespace node label selector')
    }
  }
  return wanted
}

function parsed(text: string): Map<string, string> {
  const labels = new Map<string, string>()
  for (const term of text === '' ? [] : text.split(',')) {
    const equals = term.indexOf('=')
    if (equals < 0) throw new ApiError('InternalError', `Internal error occurred: invalid selector: [${term}]`)
    labels.set(
      term.slice(0, equals).trim(),
      term
        .slice(equals + 1)
        .replace(/^=/, '')
        .trim(),
    )
  }
  return labels
}
