// Objects ↔ stored bytes ↔ wire bytes. An object is serialised once per revision: the stored bytes start with kind, apiVersion and metadata, and
// carry no resourceVersion, so that the wire forms (with it; without kind inside typed lists) are made by cutting and joining.
import { ApiError } from '../apimachinery/api-error.ts'
import { deepFreeze, parseJson, stringifyJson } from '../apimachinery/json.ts'
import { jsonWeight } from '../apimachinery/json-weight.ts'
import type { Kind, Resolved } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { apiVersionOf } from '../apimachinery/meta.ts'
import { askedConversion, shareContent } from './conversions.ts'
import { withDefaults, withoutUnknown } from './schemas.ts'
import { tooHeavy } from './store-errors.ts'

/** A value as storage holds it, decoded: the frozen object (no resourceVersion) and its canonical bytes. */
export interface Decoded {
  kind: Kind
  object: KubeObject
  bytes: Buffer
}

/** One revision of one object. `object` and the wire forms are made on first use. */
export interface Entry {
  readonly key: string
  readonly revision: number
  readonly value: Uint8Array
  /** The object, as the kind `by` decodes it. */
  decoded?: { by: Kind; object: KubeObject }
  /** Bytes of the object in other versions, by "group/version". */
  converted?: Map<string, Buffer>
}

/** Values that this process wrote or read, so that its own writes are never parsed again: storage hands the same array back. */
const decodedValues = new WeakMap<Uint8Array, Decoded>()

/** etcd's --max-request-bytes; it answers more in these words (wire.md 27). */
const maxStoredBytes = 1.5 * 1024 * 1024
/** Heaviest body that is read (json-weight.ts). */
export const maxBodyWeight = 400_000
/** With managedFields and defaults, and definitions of custom resources; patches must not add up to more than a body may have. */
export const maxStoredWeight = 3 * maxBodyWeight
const weighedBytes = 64 * 1024

/** How often this process has turned an object into JSON: once per revision, and once more per other version that somebody reads. */
export const serializations = { stored: 0, converted: 0 }

/** Bytes for storage. Throws for more than storage takes. The object must be complete; its resourceVersion is left out. */
export function encodeStored(kind: Kind, object: KubeObject): Decoded {
  const decoded = encode(kind, object)
  const { bytes } = decoded
  if (bytes.length > maxStoredBytes) throw new ApiError('', 'etcdserver: request is too large')
  if (bytes.length > weighedBytes && jsonWeight(bytes, maxStoredWeight) > maxStoredWeight) throw tooHeavy()
  return decoded
}

function encode(kind: Kind, object: KubeObject): Decoded {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object
  const { resourceVersion: _resourceVersion, ...meta } = metadata ?? {}
  const stored = { kind: kind.kind, apiVersion: kind.apiVersion, metadata: meta, ...rest }
  serializations.stored++
  const bytes = Buffer.from(stringifyJson(stored))
  const decoded = { kind, object: deepFreeze(stored) as KubeObject, bytes }
  decodedValues.set(decoded.bytes, decoded)
  return decoded
}

/** The decoded form of a stored value. Values of an earlier process get today's defaults (wire.md 56). Throws for bytes that are no object. */
export function decodeStored(kind: Kind, value: Uint8Array): Decoded {
  const known = decodedValues.get(value)
  if (known !== undefined && known.kind === kind) return known
  return decodedFrom(kind, value, parseJson(value) as KubeObject)
}

/** The same, of a value that has been parsed. An object in an older stored version is converted first (or stops the caller: conversions.ts). */
export function decodedFrom(kind: Kind, value: Uint8Array, parsed: KubeObject): Decoded {
  const current = kind.convert === undefined ? parsed : askedConversion(parsed, kind.apiVersion)
  const object = withDefaults(kind, withoutUnknown(kind, current))
  const decoded = encode(kind, object)
  decodedValues.set(value, decoded)
  return decoded
}

/** Whether the value has been decoded already, as this kind decodes it. */
export function isDecoded(kind: Kind, value: Uint8Array): boolean {
  return decodedValues.get(value)?.kind === kind
}

/** Whether a stored value is in another version than the one that is stored today: a write renews it though nothing else changes. */
export function isStale(kind: Kind, value: Uint8Array): boolean {
  const prefix = Buffer.from(`{${typePrefix({ kind, group: kind.group, version: kind.version })}`)
  return !prefix.equals(value.subarray(0, prefix.length))
}

export function makeEntry(key: string, value: Uint8Array, revision: number): Entry {
  return { key, value, revision }
}

/** The frozen object of an entry, in the stored version, with its resourceVersion. */
export function objectOf<T extends KubeObject>(kind: Kind<T>, entry: Entry): T {
  const plain = kind as unknown as Kind
  if (entry.decoded?.by === plain) return entry.decoded.object as T
  const { object } = decodeStored(plain, entry.value)
  const metadata = Object.freeze({ ...object.metadata, resourceVersion: String(entry.revision) })
  const full = Object.freeze({ ...object, metadata })
  if (plain.convert !== undefined) shareContent(full, object)
  entry.decoded = { by: plain, object: full }
  return full as unknown as T
}

/** An object of the stored version in the version that the request names. Returns its argument when they are the same. */
export function toVersion(resolved: Resolved, object: KubeObject): KubeObject {
  const { kind, served, group, version } = resolved
  if (served === undefined) return object
  const converted = kind.convert === undefined ? structuredClone(object) : askedConversion(object, apiVersionOf(group, version))
  return withType(resolved, served.fromStorage(converted))
}

/** An object of the request's version in the stored version (may be the same object). */
export function toStored(resolved: Resolved, object: KubeObject): KubeObject {
  const { kind, served } = resolved
  if (served === undefined) return object
  const stored = served.toStorage(kind.convert === undefined ? object : askedConversion(object, kind.apiVersion))
  return { ...stored, kind: kind.kind, apiVersion: kind.apiVersion }
}

/** An object of the request's version in another version of its kind. */
export function betweenVersions(from: Resolved, to: Resolved, object: KubeObject): KubeObject {
  if (from.kind.convert === undefined || to.served === undefined) return toVersion(to, toStored(from, object))
  return withType(to, to.served.fromStorage(askedConversion(object, apiVersionOf(to.group, to.version))))
}

function withType(resolved: Resolved, object: KubeObject): KubeObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object
  return { kind: resolved.kind.kind, apiVersion: apiVersionOf(resolved.group, resolved.version), metadata: metadata ?? {}, ...rest }
}

/** `"kind":"Pod","apiVersion":"v1",`: what stands after the opening brace of every wire object of this version. */
export function typePrefix(resolved: Resolved): string {
  return `"kind":${JSON.stringify(resolved.kind.kind)},"apiVersion":${JSON.stringify(apiVersionOf(resolved.group, resolved.version))},`
}

/** The JSON of an entry in the version asked for, with kind and resourceVersion. */
export function wireBytes(resolved: Resolved, entry: Entry): Buffer {
  if (resolved.served !== undefined) return convertedBytes(resolved, entry)
  const { bytes } = decodeStored(resolved.kind, entry.value)
  const cut = typeLength(resolved) + metadataLength
  const version = versionText(entry)
  const wire = Buffer.allocUnsafe(bytes.length + version.length)
  bytes.copy(wire, 0, 0, cut)
  wire.write(version, cut, 'latin1')
  bytes.copy(wire, cut + version.length, cut)
  return wire
}

/** The pieces of {@link wireBytes}, for joining many objects without a copy of each; `typed` items of built-in lists carry no kind (wire.md 68). */
export function wirePieces(resolved: Resolved, entry: Entry, withType: boolean, into: (piece: Buffer | string) => void): void {
  const start = withType ? 0 : typeLength(resolved) + 1
  if (!withType) into('{')
  if (resolved.served !== undefined) return into(convertedBytes(resolved, entry).subarray(start))
  const { bytes } = decodeStored(resolved.kind, entry.value)
  const cut = typeLength(resolved) + metadataLength
  into(bytes.subarray(start, cut))
  into(versionText(entry))
  into(bytes.subarray(cut))
}

function convertedBytes(resolved: Resolved, entry: Entry): Buffer {
  const name = `${resolved.group}/${resolved.version}`
  const known = entry.converted?.get(name)
  if (known !== undefined) return known
  serializations.converted++
  const bytes = Buffer.from(stringifyJson(toVersion(resolved, objectOf(resolved.kind, entry))))
  entry.converted ??= new Map()
  entry.converted.set(name, bytes)
  return bytes
}

const metadataLength = '{"metadata":{'.length

function versionText(entry: Entry): string {
  return `"resourceVersion":"${entry.revision}",`
}

const typeLengths = new WeakMap<Resolved, number>()

function typeLength(resolved: Resolved): number {
  let length = typeLengths.get(resolved)
  if (length === undefined) {
    length = Buffer.byteLength(
      `"kind":${JSON.stringify(resolved.kind.kind)},"apiVersion":${JSON.stringify(apiVersionOf(resolved.group, resolved.version))},`,
    )
    typeLengths.set(resolved, length)
  }
  return length
}
