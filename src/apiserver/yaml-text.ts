// YAML as kubectl users read it.
import { stringify } from 'yaml'

/** The YAML of a JSON value; bigints are integers there too. */
export function yamlText(value: object): string {
  return stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })
}
