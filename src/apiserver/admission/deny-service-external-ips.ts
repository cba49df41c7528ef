// DenyServiceExternalIPs (off by default): services may keep or drop external IPs, not gain them (CVE-2020-8554).
import type { Service } from '../../../openapi/types/core/v1.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isFor, objectAs, oldObjectAs, refuse } from './refuse.ts'

export const denyServiceExternalIPs: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  on: ['CREATE', 'UPDATE'],
  validate: (attributes) => {
    if (!isFor(attributes, 'services')) return
    const before = oldObjectAs<Service>(attributes)?.spec?.externalIPs ?? []
    const wanted = objectAs<Service>(attributes).spec?.externalIPs ?? []
    if (wanted.some((address) => !before.includes(address))) throw refuse(attributes, 'Use of external IPs is denied by admission control')
  },
}
