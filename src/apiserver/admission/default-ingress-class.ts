// DefaultIngressClass: an ingress that names no class gets the default one.
import type { Ingress } from '../../../openapi/types/networking/v1.ts'
import { IngressClass } from '../../api/networking/ingressclass.ts'
import { defaultAmong } from './default-class.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isFor, objectAs } from './refuse.ts'

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  on: ['CREATE'],
  mutate: (attributes, read) => {
    if (!isFor(attributes, 'ingresses.networking.k8s.io')) return
    const ingress = objectAs<Ingress>(attributes)
    if (ingress.spec?.ingressClassName !== undefined) return
    if (Object.hasOwn(ingress.metadata?.annotations ?? {}, 'kubernetes.io/ingress.class')) return
    const chosen = defaultAmong(read.list(IngressClass), ['ingressclass.kubernetes.io/is-default-class'])
    if (chosen?.metadata?.name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: chosen.metadata.name }
  },
}
