// Secret: opaque or typed data. stringData is write-only: it is merged into data and never stored.
import type { Secret as SecretObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'

export const Secret = defineKind<SecretObject>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  scope: 'Namespaced',
  nameRule: 'dns-subdomain',
  defaults: { type: 'Opaque' },
  selectableFields: { type: (secret) => secret.type ?? '' },
  columns: [
    { name: 'Type', description: 'What programs may expect in it.', value: (secret) => secret.type ?? '' },
    { name: 'Data', description: 'Number of entries.', value: (secret) => Object.keys(secret.data ?? {}).length },
    ageColumn,
  ],
})
