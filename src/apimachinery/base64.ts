// Base64 as Go reads it: standard alphabet, padding required, line breaks ignored, stray bits of the last character dropped.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const stray = /[^A-Za-z0-9+/]/g

/** `illegal base64 data at input byte N`, in Go's words. */
export class Base64Error extends Error {
  constructor(at: number) {
    super(`illegal base64 data at input byte ${at}`)
  }
}

/** The canonical form of a base64 text: without line breaks, last bits zero. @throws Base64Error */
export function canonicalBase64(text: string): string {
  stray.lastIndex = 0
  let bad = stray.exec(text)
  if (bad !== null && (bad[0] === '\n' || bad[0] === '\r')) {
    const clean = text.replace(/[\r\n]/g, '')
    if (problem(clean) === undefined) return lastBitsZero(clean)
    bad = /[^A-Za-z0-9+/\r\n]/.exec(text)
    throw new Base64Error(bad?.index ?? text.length)
  }
  const at = problem(text)
  if (at !== undefined) throw new Base64Error(at)
  return lastBitsZero(text)
}

/** Where Go stops reading a text without line breaks; undefined when it is fine. */
function problem(text: string): number | undefined {
  stray.lastIndex = 0
  const at = stray.exec(text)?.index
  if (at === undefined) return text.length % 4 === 0 ? undefined : text.length - (text.length % 4)
  const place = at % 4
  if (text[at] !== '=' || place < 2) return at
  if (place === 3) return at + 1 < text.length ? at + 1 : undefined
  if (at + 1 === text.length) return text.length
  if (text[at + 1] !== '=') return at
  return at + 2 < text.length ? at + 2 : undefined
}

function lastBitsZero(text: string): string {
  if (!text.endsWith('=')) return text
  const padding = text.endsWith('==') ? 2 : 1
  const at = text.length - padding - 1
  const bits = alphabet.indexOf(text[at] ?? '')
  const kept = padding === 2 ? bits & 0b110000 : bits & 0b111100
  return kept === bits ? text : text.slice(0, at) + alphabet[kept] + '='.repeat(padding)
}

/** Number of bytes a valid base64 text stands for. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return (text.length / 4) * 3 - padding
}

/** The bytes of a base64 text. @throws Base64Error */
export function base64Decode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(canonicalBase64(text)), (char) => char.charCodeAt(0))
}

/** The base64 text of bytes. */
export function base64Encode(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}
