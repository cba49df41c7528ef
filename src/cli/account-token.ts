// The key with which the controller-manager signs tokens that lie in Secrets.
import type { AccountToken } from '../../controllers/serviceaccount-token.ts'
import { legacyToken } from '../apiserver/authentication/legacy-tokens.ts'
import { loadKeyPair } from '../pki/keys.ts'

/** The port `accountToken`; without a key (PEM) it signs nothing. */
export function accountTokenPort(privateKey: string | undefined): { sign: AccountToken } {
  if (privateKey === undefined) return { sign: undefined }
  const pair = loadKeyPair(privateKey)
  return { sign: (account, secret) => legacyToken(account, secret, pair) }
}
