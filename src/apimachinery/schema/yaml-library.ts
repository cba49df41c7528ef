// The YAML library, loaded when the first YAML comes: most processes never see any, and it takes 6 MB.
import { createRequire } from 'node:module'

let library: typeof import('yaml') | undefined

/** The `yaml` package. */
export function yamlLibrary(): typeof import('yaml') {
  library ??= createRequire(import.meta.url)('yaml') as typeof import('yaml')
  return library
}
