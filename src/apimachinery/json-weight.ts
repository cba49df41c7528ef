// How much work a JSON text will make, told from its bytes before anything is built: three megabytes of `{},` become a million objects.
// An object weighs more than a number or a string, since defaults are filled into it and its fields are owned and compared one by one;
// so do the many members of one large map or list, of which hostile objects consist and honest ones do not.

const objectWeight = 8
const memberWeight = 4
const itemWeight = 1
/** Added for each member and item of a level that has more than `crowd` before it. */
const crowd = 1000
const crowdedObjectWeight = 16
const crowdedItemWeight = 24

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const comma = 0x2c

/**
 * The weight of a JSON text; counting stops above `limit`. Nesting deeper than `maxDepth` weighs Infinity. Broken texts have a weight too.
 * Linear in the length.
 */
export function jsonWeight(text: Uint8Array, limit: number, maxDepth = 10_000): number {
  const members: number[] = [0]
  let weight = 0
  let depth = 0
  for (let at = 0; at < text.length && weight <= limit; at++) {
    const byte = text[at]
    if (byte === quote) {
      at = stringEnd(text, at)
      if (at < 0) return weight
    } else if (byte === comma) weight += ++members[depth]! > crowd ? itemWeight + crowdedItemWeight : itemWeight
    else if (byte === colon) weight += members[depth]! > crowd ? memberWeight + crowdedObjectWeight : memberWeight
    else if (byte === 0x7b || byte === 0x5b) {
      weight += byte === 0x5b ? itemWeight : objectWeight
      if (members[depth]! > crowd) weight += crowdedObjectWeight
      if (++depth > maxDepth) return Infinity
      members[depth] = 0
    } else if (byte === 0x7d || byte === 0x5d) depth = Math.max(0, depth - 1)
  }
  return weight
}

/** The weight of a value, as {@link jsonWeight} tells it of its text. Counting stops above `limit`. */
export function valueWeight(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 0
  const list = Array.isArray(value)
  let weight = list ? itemWeight : objectWeight
  let members = 0
  for (const key in value) {
    const crowded = ++members > crowd
    if (members > 1) weight += crowded ? itemWeight + crowdedItemWeight : itemWeight
    if (!list) weight += crowded ? memberWeight + crowdedObjectWeight : memberWeight
    const item = (value as Record<string, unknown>)[key]
    if (typeof item !== 'object' || item === null) continue
    weight += valueWeight(item, limit - weight) + (crowded ? crowdedObjectWeight : 0)
    if (weight > limit) break
  }
  return weight
}

/** Where the string that opens at `from` is closed; -1: nowhere. */
function stringEnd(text: Uint8Array, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const byte = text[at]
    if (byte === quote) return at
    if (byte === backslash) at++
  }
  return -1
}
