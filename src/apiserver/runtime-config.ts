// --runtime-config: which API versions are served that are off by default. Pure.
import type { Kind } from '../apimachinery/kind.ts'
import { apiVersionOf } from '../apimachinery/meta.ts'

/** The optional kinds that are asked for: `group/version=true` (or no value), `api/beta=true` for all beta versions, `api/all=true`. */
export function enabledKinds(optional: readonly Kind[], runtimeConfig: Readonly<Record<string, string>>): Kind[] {
  const says = (key: string) => (Object.hasOwn(runtimeConfig, key) ? runtimeConfig[key] !== 'false' : undefined)
  return optional.filter(({ group, version }) => {
    const stage = /alpha/.test(version) ? 'api/alpha' : /beta/.test(version) ? 'api/beta' : 'api/ga'
    return says(apiVersionOf(group, version)) ?? says(stage) ?? says('api/all') ?? false
  })
}
