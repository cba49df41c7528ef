// AlwaysAdmit and AlwaysDeny: off by default, kept because upstream knows their names.
import type { AdmissionPlugin } from './plugin.ts'
import { refuse } from './refuse.ts'

const everything = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const

export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit', on: everything }

export const alwaysDeny: AdmissionPlugin = {
  name: 'AlwaysDeny',
  on: everything,
  validate: (attributes) => {
    throw refuse(attributes, 'admission control is denying all modifications')
  },
}
