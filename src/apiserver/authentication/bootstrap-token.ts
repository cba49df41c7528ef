// Bootstrap tokens: short-lived secrets in kube-system that let a new node ask for its certificate.
// https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret as SecretObject } from '../../../openapi/types/core/v1.ts'
import { Secret } from '../../api/core/secret.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import type { Reader } from '../admission/plugin.ts'
import type { User } from './user.ts'

const tokenShape = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const groupShape = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

/** The bootstrap user of a token, or undefined when the token is not known, expired or not for authentication. */
export function bootstrapUser(token: string, read: Reader, clock: Clock): User | undefined {
  const [, id, secret] = tokenShape.exec(token) ?? []
  if (id === undefined || secret === undefined) return undefined
  const found = read.get(Secret, 'kube-system', `bootstrap-token-${id}`)
  if (found === undefined || found.metadata?.deletionTimestamp !== undefined || found.type !== 'bootstrap.kubernetes.io/token')
    return undefined
  if (!sameText(text(found, 'token-secret'), secret) || text(found, 'token-id') !== id) return undefined
  const expiration = text(found, 'expiration')
  if (expiration !== '' && !(Date.parse(expiration) > clock.now())) return undefined
  if (text(found, 'usage-bootstrap-authentication') !== 'true') return undefined
  const extra = text(found, 'auth-extra-groups')
    .split(',')
    .filter((group) => group !== '')
  if (!extra.every((group) => groupShape.test(group))) return undefined
  return { name: `system:bootstrap:${id}`, groups: [...new Set(['system:bootstrappers', ...extra])].sort() }
}

function text({ data }: SecretObject, key: string): string {
  return Buffer.from(data?.[key] ?? '', 'base64').toString('utf8')
}

function sameText(a: string, b: string): boolean {
  const hash = (value: string): Buffer => createHash('sha256').update(value).digest()
  return timingSafeEqual(hash(a), hash(b))
}
