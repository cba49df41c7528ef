// The address under which other machines would reach this one.
import { networkInterfaces } from 'node:os'

/** The first IPv4 address that is neither loopback nor link-local; 192.0.2.1 (a documentation address) on a machine without a network. */
export function hostAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const usable = addresses.find(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'))
  return usable?.address ?? '192.0.2.1'
}
