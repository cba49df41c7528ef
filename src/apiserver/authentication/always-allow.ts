// --authorization-mode AlwaysAllow: whoever is known may do everything; the unknown may ask for health and version.
import type { AuthorizationAttributes, Decision } from '../context.ts'
import { unauthorized } from './index.ts'

const publicPath = /^\/(?:livez|readyz|healthz)(?:\/|$)|^\/version\/?$/

/** The authorizer. Throws 401 for the unknown elsewhere, so that clients ask for credentials instead of giving up. */
export function alwaysAllow({ user, info }: AuthorizationAttributes): Decision {
  if (user.name !== 'system:anonymous' || (!info.isResourceRequest && publicPath.test(info.path))) return { allowed: true }
  throw unauthorized()
}
