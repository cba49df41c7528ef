// How much work a JSON text will make, told from its bytes before anything is built: three megabytes of `{},` become a million objects.
// An object weighs more than a number or a string, since defaults are filled into it and its fields are owned and compared one by one.

const objectWeight = 8
const quote = 0x22
const backslash = 0x5c

/**
 * The weight of a JSON text: members and items, objects counted several times. Stops counting once above `limit`.
 * Broken texts have a weight too. Linear in the length.
 */
export function jsonWeight(text: Uint8Array, limit: number): number {
  let weight = 0
  for (let at = 0; at < text.length && weight <= limit; at++) {
    const byte = text[at]
    if (byte === quote) {
      at = stringEnd(text, at)
      if (at < 0) return weight
    } else if (byte === 0x2c || byte === 0x3a || byte === 0x5b) weight++
    else if (byte === 0x7b) weight += objectWeight
  }
  return weight
}

/** Where the string that opens at `from` is closed; -1: nowhere. */
function stringEnd(text: Uint8Array, from: number): number {
  for (let at = text.indexOf(quote, from + 1); at >= 0; at = text.indexOf(quote, at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === backslash) slashes++
    if (slashes % 2 === 0) return at
  }
  return -1
}
