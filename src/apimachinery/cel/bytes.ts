// Base64 of CEL bytes.
import { CelError, noOverload, type Value } from './values.ts'

const alphabet = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?$/

/** Bytes as base64 text. */
export function base64Text(value: Value | undefined): string {
  if (!(value instanceof Uint8Array)) throw noOverload()
  return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(''))
}

/** Base64 text (padded or not) as bytes. Throws CelError. */
export function parseBase64(text: string): Uint8Array {
  if (!alphabet.test(text)) throw new CelError('illegal base64 data')
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}
