// The step between authentication and authorization: who sends Impersonate-* headers and may, goes on as another.
import type { IncomingMessage } from 'node:http'
import type { User } from '../authentication/user.ts'
import { authorize } from '../authorize.ts'
import type { ServerContext } from '../context.ts'
import type { RequestInfo } from '../request-info.ts'
import type { Impersonated } from './modes.ts'
import { impersonated } from './modes.ts'
import { isImpersonationHeader, wantedUser } from './wanted.ts'

/** Undefined: no such header. The headers are taken off the request, so that no proxy passes them on. Throws 400, 403. */
export async function impersonate(
  server: ServerContext,
  raw: IncomingMessage,
  requester: User,
  info: RequestInfo,
): Promise<Impersonated | undefined> {
  const wanted = wantedUser(raw.rawHeaders)
  if (wanted === undefined) return undefined
  for (const name of Object.keys(raw.headers)) if (isImpersonationHeader(name)) delete raw.headers[name]
  return impersonated((user, what) => authorize(server, user, what), requester, wanted, info)
}
