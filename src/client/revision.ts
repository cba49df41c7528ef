// resourceVersions compare as integers (KEP-5504). They are decimal strings without leading zeros, so no number type is needed.

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
export function compareRevisions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}
