// Who asks a kubelet, and whether they may: client certificates, TokenReview, SubjectAccessReview. Default deny; answers are kept for
// upstream's times.
import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { TokenReview } from '../../api/authentication/tokenreview.ts'
import { SubjectAccessReview } from '../../api/authorization/subjectaccessreview.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import type { Client } from '../../client/client.ts'

export interface AccessOptions {
  client: Client
  clock: Clock
  /** --anonymous-auth. */
  anonymous: boolean
  /** --authentication-token-webhook. */
  tokens: boolean
  /** --authorization-mode. */
  mode: 'AlwaysAllow' | 'Webhook'
}

export interface Caller {
  name: string
  uid?: string
  groups: readonly string[]
}

export interface Access {
  /** Undefined: nobody we know. */
  caller(socket: Partial<TLSSocket>, authorization: string | undefined): Promise<Caller | undefined>
  /** Rejects when the API server cannot be asked. */
  allowed(caller: Caller, node: string, verb: string, subresource: string): Promise<boolean>
}

const tokenMs = 120_000
const allowedMs = 300_000
const refusedMs = 30_000
const maxKept = 2048

/** Access as the flags say. */
export function kubeletAccess({ client, clock, anonymous, tokens, mode }: AccessOptions): Access {
  const callers = new Map<string, { until: number; value: Caller | undefined }>()
  const decisions = new Map<string, { until: number; value: boolean }>()
  const kept = async <T>(map: Map<string, { until: number; value: T }>, key: string, ms: (value: T) => number, make: () => Promise<T>) => {
    const known = map.get(key)
    if (known !== undefined && known.until > clock.now()) return known.value
    const value = await make()
    map.delete(key)
    if (map.size >= maxKept) map.delete(map.keys().next().value!)
    map.set(key, { until: clock.now() + ms(value), value })
    return value
  }
  const review = async (token: string): Promise<Caller | undefined> => {
    const { status } = await client.create(TokenReview, { spec: { token } })
    if (status?.authenticated !== true || !status.user?.username) return undefined
    const { username, uid, groups } = status.user
    return { name: username, groups: groups ?? [], ...(uid === undefined ? {} : { uid }) }
  }
  return {
    async caller(socket, authorization) {
      const known = ofCertificate(socket)
      if (known !== undefined) return known
      const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
      if (token !== undefined) {
        if (!tokens) return undefined
        const key = createHash('sha256').update(token).digest('base64')
        return kept(
          callers,
          key,
          (found) => (found === undefined ? 10_000 : tokenMs),
          () => review(token),
        )
      }
      return anonymous ? { name: 'system:anonymous', groups: ['system:unauthenticated'] } : undefined
    },
    async allowed(caller, node, verb, subresource) {
      if (mode === 'AlwaysAllow') return true
      const key = JSON.stringify([caller.name, caller.uid, caller.groups, node, verb, subresource])
      return kept(
        decisions,
        key,
        (yes) => (yes ? allowedMs : refusedMs),
        async () => {
          const { name: user, uid, groups } = caller
          const resourceAttributes = { verb, version: 'v1', resource: 'nodes', subresource, name: node }
          const spec = { user, groups: [...groups], ...(uid === undefined ? {} : { uid }), resourceAttributes }
          const { status } = await client.create(SubjectAccessReview, { spec })
          return status?.allowed === true
        },
      )
    },
  }
}

/** CN is the name, each O a group; only of a certificate that the CA has signed. */
function ofCertificate(socket: Partial<TLSSocket>): Caller | undefined {
  if (socket.authorized !== true) return undefined
  const subject = socket.getPeerCertificate?.()?.subject as { CN?: string | string[]; O?: string | string[] } | undefined
  const name = [subject?.CN ?? []].flat().at(-1)
  if (name === undefined || name === '') return undefined
  return { name, groups: [...new Set([[subject?.O ?? []].flat(), 'system:authenticated'].flat())] }
}
