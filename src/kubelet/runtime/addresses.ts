// Hands out the pod addresses of one node out of its podCIDRs, lowest first after the last given one, as host-local IPAM does.
import { addressText, bitsOf, type Cidr, parseAddress, parseCidr } from '../../apimachinery/cidr.ts'

/** Most addresses of a range that are ever given: a node holds some hundreds of pods. */
const maxHosts = 65_534n

export class AddressPool {
  readonly #used = new Set<string>()
  readonly #next = new Map<string, bigint>()
  /** The highest address in use when the pool was opened, by family: the next one given comes after it, not out of what is just given back. */
  readonly #highest = new Map<number, bigint>()

  /** One free address per range; throws when one is exhausted. The first two of a range are the network and its gateway. */
  take(cidrs: readonly string[]): string[] {
    return cidrs.map((text) => {
      const cidr = parseCidr(text)
      if (cidr === undefined) throw new Error(`invalid pod range ${JSON.stringify(text)}`)
      const hosts = hostCount(cidr)
      let offset = this.#next.get(text) ?? this.#first(cidr, hosts)
      for (let tried = 0n; tried < hosts; tried++, offset++) {
        if (offset > hosts) offset = 2n
        const address = addressText({ family: cidr.family, value: cidr.first + offset })
        if (this.#used.has(address)) continue
        this.#used.add(address)
        this.#next.set(text, offset + 1n)
        return address
      }
      throw new Error(`failed to allocate for range 0: no IP addresses available in range set: ${text}`)
    })
  }

  /** Marks addresses that are in use already. */
  claim(addresses: readonly string[]): void {
    for (const address of addresses) {
      const parsed = parseAddress(address)
      if (parsed === undefined) continue
      this.#used.add(address)
      if (parsed.value > (this.#highest.get(parsed.family) ?? 0n)) this.#highest.set(parsed.family, parsed.value)
    }
  }

  #first({ family, first }: Cidr, hosts: bigint): bigint {
    const offset = (this.#highest.get(family) ?? 0n) - first + 1n
    return offset < 2n || offset > hosts ? 2n : offset
  }

  release(addresses: readonly string[]): void {
    for (const address of addresses) this.#used.delete(address)
  }
}

function hostCount({ family, prefix }: Cidr): bigint {
  const count = (1n << BigInt(bitsOf(family) - prefix)) - 2n
  return count < 1n ? 0n : count > maxHosts ? maxHosts : count
}
