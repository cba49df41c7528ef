// Addresses for load balancers out of a local pool: which one a service keeps, asks for, or gets.
import {
  type Address,
  addressText,
  type Cidr,
  cidrSize,
  contains,
  nthAddress,
  parseAddress,
  parseCidr,
} from '../../src/apimachinery/cidr.ts'

/** The ranges of a text such as 10.240.0.0/24,fd00:240::/112; what is none is left out. */
export function poolRanges(text: string): Cidr[] {
  return text
    .split(',')
    .map((part) => parseCidr(part.trim()))
    .filter((range) => range !== undefined)
}

export interface Wish {
  /** IPv4 and IPv6, in the service's order. */
  families: readonly string[]
  /** spec.loadBalancerIP. */
  address: string | undefined
  /** What the service has. */
  present: readonly string[]
}

/** One address for each family that the pool has. Throws an Error with the reason when there is none to be had. */
export function grantedAddresses(pool: readonly Cidr[], { families, address, present }: Wish, taken: ReadonlySet<string>): string[] {
  const wished = address ? parseAddress(address) : undefined
  if (address && (wished === undefined || !pool.some((range) => contains(range, wished))))
    throw new Error(`requested address ${address} is not in the pool`)
  if (wished !== undefined && taken.has(addressText(wished))) throw new Error(`requested address ${address} is already in use`)
  const granted: string[] = []
  const full: string[] = []
  for (const family of families) {
    const ranges = pool.filter((range) => familyOf(range) === family)
    if (ranges.length === 0) continue
    const asked = wished !== undefined && familyOf(wished) === family ? addressText(wished) : undefined
    const kept = present.find((one) => !taken.has(one) && ranges.some((range) => within(range, one)))
    const free = asked ?? kept ?? firstFree(ranges, taken)
    if (free === undefined) full.push(family)
    else granted.push(free)
  }
  if (full.length > 0) throw new Error(`no ${full.join(' nor ')} address of the pool is free`)
  if (granted.length === 0) throw new Error(`the pool has no ${families.join(' nor ')} addresses`)
  return granted
}

function familyOf({ family }: { family: 4 | 6 }): string {
  return family === 4 ? 'IPv4' : 'IPv6'
}

function within(range: Cidr, text: string): boolean {
  const address: Address | undefined = parseAddress(text)
  return address !== undefined && contains(range, address)
}

/** The first address that nobody has; the first and the last of a range of IPv4 belong to no host. */
function firstFree(ranges: readonly Cidr[], taken: ReadonlySet<string>): string | undefined {
  for (const range of ranges) {
    const size = cidrSize(range)
    const edge = range.family === 4 && size > 2n ? 1n : 0n
    for (let n = edge; n < size - edge; n++) {
      const text = addressText(nthAddress(range, n)!)
      if (!taken.has(text)) return text
    }
  }
  return undefined
}
