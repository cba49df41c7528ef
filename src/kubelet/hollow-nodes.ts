// Names, addresses and fallback pod ranges of the nodes one process simulates. Pure.

/** `node-1` and 3 → node-1, node-2, node-3; a name without a number gets one when there are several. */
export function nodeNames(override: string, count: number): string[] {
  if (count === 1) return [override]
  const parts = /^(.*?)(\d{1,9})$/.exec(override)
  const base = parts?.[1] ?? `${override}-`
  const first = parts === null ? 1 : Number(parts[2])
  return Array.from({ length: count }, (_, i) => `${base}${first + i}`)
}

/** A number below 65536 that differs for nodes whose names end in different numbers. */
export function nodeNumber(name: string): number {
  const digits = /(\d{1,9})$/.exec(name)?.[1]
  if (digits !== undefined) return Number(digits) % 65_536
  let hash = 0
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)!) % 65_521
  return hash
}

/** The address of a simulated node: 10.0.0.0/16 by its number. */
export function nodeAddress(name: string): string {
  const number = nodeNumber(name)
  return `10.0.${number >> 8}.${number & 255}`
}

/** Used when nobody gives the node a podCIDR: a /24 of 10.128.0.0/9 … by its number. */
export function fallbackPodCidr(name: string): string {
  const number = nodeNumber(name)
  return `10.${128 + ((number >> 8) & 127)}.${number & 255}.0/24`
}
