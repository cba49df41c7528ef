// Secret: opaque or typed data. stringData is write-only: it is merged into data and never stored.
import type { Secret as SecretObject } from '../../../openapi/types/core/v1.ts'
import { setOwn } from '../../apimachinery/json.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { validateSecret, validateSecretUpdate } from './validate-data.ts'

export const Secret = defineKind<SecretObject>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  scope: 'Namespaced',
  nameRule: 'dns-subdomain',
  defaults: { type: 'Opaque' },
  computeDefaults: mergeStringData,
  prepareForUpdate: keepType,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  selectableFields: { type: (secret) => secret.type ?? '' },
  columns: [
    { name: 'Type', description: 'What programs may expect in it.', value: (secret) => secret.type ?? '' },
    { name: 'Data', description: 'Number of entries.', value: (secret) => Object.keys(secret.data ?? {}).length },
    ageColumn,
  ],
})

/** stringData overwrites data. Mutates. */
function mergeStringData(secret: SecretObject): void {
  if (secret.stringData === undefined) return
  const data = (secret.data ??= {})
  for (const [key, value] of Object.entries(secret.stringData)) setOwn(data, key, Buffer.from(value, 'utf8').toString('base64'))
  delete secret.stringData
}

/** A PUT without a type means the type there is. Mutates. */
function keepType(secret: SecretObject, old: SecretObject): void {
  if (!secret.type && old.type) secret.type = old.type
}
