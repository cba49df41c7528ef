// Notes on what day a legacy service account token was used: legacy-serviceaccount-token-cleaner takes away those that nobody uses.
import type { Secret as SecretObject } from '../../openapi/types/core/v1.ts'
import { ConfigMap } from '../api/core/configmap.ts'
import { Secret } from '../api/core/secret.ts'
import { draft } from '../apimachinery/meta.ts'
import { lastUsedLabel } from './authentication/legacy-tokens.ts'
import { ensure, writeOf } from './bootstrap.ts'
import type { ServerContext } from './context.ts'
import { updateObject } from './store.ts'

const dayMs = 86_400_000

/** Since when uses are noted; made once. */
export function ensureTracking(server: ServerContext): Promise<void> {
  const metadata = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' }
  return ensure(server, ConfigMap, { metadata, data: { since: day(server.clock.now()) } })
}

/** Labels the Secret with today's date, in the background and once a day. A note of tomorrow is another server's, whose clock is ahead. */
export function noteUse(server: ServerContext): (secret: SecretObject) => void {
  const writing = new Set<string>()
  return ({ metadata }) => {
    const { namespace = '', name = '', uid = '', labels } = metadata ?? {}
    const today = day(server.clock.now())
    const noted = labels?.[lastUsedLabel]
    if (noted === today || noted === day(server.clock.now() + dayMs) || writing.has(uid)) return
    writing.add(uid)
    updateObject(writeOf(server, Secret, namespace, name), (current) => {
      if (current?.metadata?.uid !== uid) return current!
      const next = draft(current)
      next.metadata = { ...next.metadata, labels: { ...next.metadata?.labels, [lastUsedLabel]: today } }
      return next
    })
      .catch((err) => server.log.warn({ err, secret: `${namespace}/${name}` }, 'Cannot note the use of a service account token'))
      .finally(() => writing.delete(uid))
  }
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
