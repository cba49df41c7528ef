// Key pairs and their PEM forms: EC P-256 for certificates and tokens, RSA where a client of long ago asks for it.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

export interface KeyPair {
  privateKey: KeyObject
  publicKey: KeyObject
}

/** A new key pair. */
export function generateKeyPair(algorithm: 'ec' | 'rsa' = 'ec'): KeyPair {
  return algorithm === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** The private key as upstream's tools write it: SEC1 "EC PRIVATE KEY", PKCS#1 "RSA PRIVATE KEY", else PKCS#8. */
export function privateKeyPem(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'ec' ? 'sec1' : key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'pkcs8'
  return key.export({ type, format: 'pem' }) as string
}

/** The public half, SPKI "PUBLIC KEY". Takes a private or public key, or the PEM text of either. */
export function publicKeyPem(key: KeyObject | string): string {
  return publicKeyOf(key).export({ type: 'spki', format: 'pem' }) as string
}

/** The public key of a private or public key, or of PEM text with either (or with a certificate). */
export function publicKeyOf(key: KeyObject | string): KeyObject {
  if (typeof key === 'string') return createPublicKey(key)
  return key.type === 'public' ? key : createPublicKey(key)
}

/** The key pair of a private key in PEM (PKCS#8, SEC1 or PKCS#1). */
export function loadKeyPair(pem: string): KeyPair {
  const privateKey = createPrivateKey(pem)
  return { privateKey, publicKey: createPublicKey(privateKey) }
}
