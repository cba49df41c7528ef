// Gives services their cluster IPs, one of each family, out of --service-cluster-ip-range.
import type { Service } from '../../../openapi/types/core/v1.ts'
import { ApiError, invalid } from '../../apimachinery/api-error.ts'
import { addressText, type Cidr, cidrSize, cidrText, parseAddress, parseCidr } from '../../apimachinery/cidr.ts'
import type { Random } from '../../apimachinery/clock.ts'
import { at, invalidValue } from '../../apimachinery/field-errors.ts'
import { type NumberPool, numberPool } from './number-pool.ts'
import { familyOf, type IpFamily, keepsDualStack } from './service-families.ts'
import { noReservation, type Reservation } from './store-hook.ts'

interface Range {
  cidr: Cidr
  family: IpFamily
  pool: NumberPool
}

export interface ClusterIps {
  families: readonly IpFamily[]
  /** Takes what a draft lacks and writes it into spec.clusterIP(s). Throws 422, and 500 when a range is full. */
  reserve: (service: Service, old: Service | undefined, dryRun: boolean) => Reservation
  /** Marks a stored service's addresses as taken. */
  adopt: (service: Service) => void
  release: (service: Service) => void
}

const band = { least: 16n, most: 256n, step: 16n }

/** First address of a range that a service may have: the API server's own. Throws for what is no range. */
export function firstServiceIp(range: string): string {
  return addressText({ family: rangeOf(range).family, value: rangeOf(range).first + 1n })
}

/** The allocators of one or two ranges (the first is the default family). Throws for malformed ranges. */
export function clusterIps(ranges: readonly string[], random: Random): ClusterIps {
  const all = ranges.map((text) => allocatorOf(rangeOf(text), random))
  const of = (family: string): Range | undefined => all.find((range) => range.family === family)
  const release = (addresses: readonly string[]): void => {
    for (const address of addresses) of(familyOf(address))?.pool.release(parseAddress(address)?.value ?? -1n)
  }
  return {
    families: all.map(({ family }) => family),
    adopt: (service) => {
      for (const address of ownAddresses(service)) of(familyOf(address))?.pool.take(parseAddress(address)?.value ?? -1n)
    },
    release: (service) => release(ownAddresses(service)),
    reserve: (service, old, dryRun) => {
      const before = old === undefined ? [] : ownAddresses(old)
      if (old !== undefined && keepsDualStack(service.spec ?? {}, old.spec)) return noReservation
      const taken = wantsAddresses(service, old) ? allocate(service, before, of, dryRun) : []
      const after = ownAddresses(service)
      const freed = before.filter((address) => !after.includes(address))
      if (dryRun) return noReservation
      return { commit: () => release(freed), revert: () => release(taken) }
    },
  }
}

function rangeOf(text: string): Cidr {
  const cidr = parseCidr(text)
  if (cidr === undefined) throw new Error(`service-cluster-ip-range ${JSON.stringify(text)} is not a valid CIDR`)
  return cidr
}

/** All addresses but the network's own, and in IPv4 the broadcast address. */
function allocatorOf(cidr: Cidr, random: Random): Range {
  const last = cidr.first + cidrSize(cidr) - (cidr.family === 4 ? 2n : 1n)
  return { cidr, family: cidr.family === 4 ? 'IPv4' : 'IPv6', pool: numberPool(cidr.first + 1n, last, band, random) }
}

function ownAddresses({ spec }: Service): string[] {
  if (spec?.type === 'ExternalName') return []
  const addresses = spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : [])
  return addresses.filter((address) => address !== '' && address !== 'None')
}

/** Headless and external services have none; a headless service stays so. */
function wantsAddresses({ spec }: Service, old: Service | undefined): boolean {
  if (spec?.type === 'ExternalName' || spec?.clusterIPs?.[0] === 'None') return false
  return old?.spec?.clusterIPs?.[0] !== 'None'
}

/** Fills spec.clusterIPs by family; returns the addresses taken. What is malformed is left to validation. */
function allocate(service: Service, before: readonly string[], of: (family: string) => Range | undefined, dryRun: boolean): string[] {
  const spec = (service.spec ??= {})
  const addresses = [...(spec.clusterIPs ?? [])]
  if (addresses.some((address) => address !== '' && parseAddress(address) === undefined)) return []
  const taken: string[] = []
  try {
    for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
      const asked = addresses[index] ?? ''
      if (asked !== '' && before.includes(asked)) continue
      const range = of(asked === '' ? family : familyOf(asked))
      if (range === undefined) continue
      const given = asked === '' ? dynamic(service, range, dryRun) : fixed(service, range, asked, dryRun)
      if (!dryRun) taken.push(given)
      addresses[index] = given
    }
  } catch (error) {
    for (const address of taken) of(familyOf(address))?.pool.release(parseAddress(address)?.value ?? -1n)
    throw error
  }
  if (addresses.length > 0) {
    spec.clusterIPs = addresses
    spec.clusterIP = addresses[0]!
  }
  return taken
}

function dynamic(service: Service, { pool, cidr }: Range, dryRun: boolean): string {
  // Upstream does not search for a dry run either: it answers the network's own address.
  const found = dryRun ? cidr.first : pool.takeNext()
  if (found !== undefined) return addressText({ family: cidr.family, value: found })
  const name = JSON.stringify(service.metadata?.name ?? '')
  throw new ApiError('InternalError', `Internal error occurred: failed to allocate a serviceIP for Service ${name}: range is full`)
}

function fixed(service: Service, { pool, cidr }: Range, asked: string, dryRun: boolean): string {
  const { value } = parseAddress(asked)!
  if (!pool.inRange(value))
    throw refused(service, asked, `the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${cidrText(cidr)}`)
  if (dryRun ? pool.has(value) : !pool.take(value)) throw refused(service, asked, 'provided IP is already allocated')
  return asked
}

function refused(service: Service, asked: string, reason: string): ApiError {
  const error = invalidValue(at('spec', 'clusterIPs'), service.spec?.clusterIPs ?? [asked], `failed to allocate IP ${asked}: ${reason}`)
  return invalid({ group: '', kind: 'Service' }, service.metadata?.name ?? '', [error])
}
