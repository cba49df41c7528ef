// Signs the ConfigMap cluster-info by every bootstrap token that is for signing: who has a token can tell whether it is of this cluster.
// https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#configmap-signing
import { createHmac } from 'node:crypto'
import type { ConfigMap as ConfigMapObject, Secret as SecretObject } from '../openapi/types/core/v1.ts'
import { ConfigMap } from '../src/api/core/configmap.ts'
import { Secret } from '../src/api/core/secret.ts'
import { semanticEqual } from '../src/apimachinery/equal.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, plan, update } from '../src/controller/plan.ts'
import { expirationOf, isBootstrapToken, tokenText } from './shared/bootstrap-tokens.ts'

const clusterInfo = { namespace: 'kube-public', name: 'cluster-info' }
const signaturePrefix = 'jws-kubeconfig-'
const namePrefix = 'bootstrap-token-'
const shortestKey = 32

export const bootstrapSigner = defineController({
  name: 'bootstrap-signer',
  for: ConfigMap,
  wakes: isClusterInfo,
  reads: { secrets: Secret },
  workers: 1,
  watches: [
    {
      kind: Secret,
      map: (secret: SecretObject) => (isBootstrapToken(secret) ? [`${clusterInfo.namespace}/${clusterInfo.name}`] : []),
    },
  ],
  reconcile(map, { secrets }, { now }) {
    const content = map.data?.['kubeconfig']
    if (!isClusterInfo(map) || content === undefined) return nothing
    const others = Object.entries(map.data ?? {}).filter(([key]) => !key.startsWith(signaturePrefix))
    const signatures = secrets
      .list('kube-system')
      .filter((secret) => isForSigning(secret, now))
      .map((secret) => {
        const id = tokenText(secret, 'token-id')
        return [`${signaturePrefix}${id}`, detachedSignature(content, id, tokenText(secret, 'token-secret'))] as const
      })
    const data = Object.fromEntries([...others, ...signatures])
    return semanticEqual(data, map.data) ? nothing : plan(update(ConfigMap, { ...map, data }))
  },
})

function isClusterInfo({ metadata }: ConfigMapObject): boolean {
  return metadata?.name === clusterInfo.name && metadata.namespace === clusterInfo.namespace
}

/** The token-cleaner deletes what has expired; until then it is not used. */
function isForSigning(secret: SecretObject, now: number): boolean {
  if (!isBootstrapToken(secret) || tokenText(secret, 'usage-bootstrap-signing') !== 'true') return false
  const id = tokenText(secret, 'token-id')
  if (secret.metadata?.name !== `${namePrefix}${id}` || id === '' || tokenText(secret, 'token-secret') === '') return false
  return (expirationOf(secret) ?? Number.POSITIVE_INFINITY) > now
}

/** A JSON Web Signature by HMAC-SHA256 with its content left out (RFC 7515, appendix F). Short keys are filled up with zeros. */
export function detachedSignature(content: string, tokenId: string, tokenSecret: string): string {
  const part = (text: string) => Buffer.from(text).toString('base64url')
  const secret = Buffer.from(tokenSecret)
  const key = secret.length < shortestKey ? Buffer.concat([secret, Buffer.alloc(shortestKey - secret.length)]) : secret
  const header = part(JSON.stringify({ alg: 'HS256', kid: tokenId }))
  const signature = createHmac('sha256', key)
    .update(`${header}.${part(content)}`)
    .digest('base64url')
  return `${header}..${signature}`
}
