// Hashes that become parts of names: pod-template-hash and controller-revision-hash, computed as upstream so that names agree.
import { goDump } from './go-dump.ts'
import { safeEncode } from './object-meta.ts'
import { schemaOf } from './schema/from-openapi.ts'
import type { Schema } from './schema/schema.ts'

const utf8 = new TextEncoder()

/** FNV-1a, 32 bits (hash/fnv New32a); `seed` continues an earlier sum. */
export function fnv32a(bytes: Uint8Array, seed = 0x811c9dc5): number {
  let hash = seed
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** FNV-1a of the UTF-8 bytes of a text. */
export function hashText(text: string): number {
  return fnv32a(utf8.encode(text))
}

const templates = new WeakMap<object, number>()

/**
 * The pod-template-hash of a pod template, with the collision count of its owner when there is one: FNV-1a over go-spew's dump of the template,
 * written in the alphabet of generated names. Equal to upstream's for templates as the server returns them (defaulted).
 */
export function podTemplateHash(template: object | undefined, collisionCount?: number | null): string {
  let hash = template === undefined ? undefined : templates.get(template)
  if (hash === undefined) {
    hash = templateSum(template, schemaOf('io.k8s.api.core.v1.PodTemplateSpec'))
    if (template !== undefined && Object.isFrozen(template)) templates.set(template, hash)
  }
  return safeEncode(String(withCount(hash, collisionCount)))
}

/** The sum before the collision count; the schema is a parameter so that tests can take another release's fields. */
export function templateSum(template: object | undefined, schema: Schema): number {
  return hashText(goDump(template, schema))
}

/** Adds a collision count to a sum as upstream does: four bytes little-endian, four of zero. */
export function withCount(hash: number, collisionCount: number | null | undefined): number {
  if (collisionCount === undefined || collisionCount === null) return hash
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setUint32(0, collisionCount, true)
  return fnv32a(bytes, hash)
}

/**
 * The hash of a ControllerRevision's name (StatefulSet): FNV-1 over the bytes of `data` as they stand in the revision, and the collision count
 * in decimal.
 */
export function controllerRevisionHash(data: string, collisionCount?: number | null): string {
  let hash = 0x811c9dc5
  for (const byte of utf8.encode(`${data}${collisionCount ?? ''}`)) hash = Math.imul(hash, 0x01000193) ^ byte
  return safeEncode(String(hash >>> 0))
}
