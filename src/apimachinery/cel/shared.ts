// Semantic versions, named formats, and the methods that several Kubernetes libraries have under one name.
import { dns1035Label, dns1123Label, dns1123Subdomain, labelValueErrors, qualifiedName } from '../names.ts'
import { hasFormat } from '../schema/formats.ts'
import { quantityOrder, quantityType } from './quantities.ts'
import { fn, type Library, opaque, text } from './registry.ts'
import { CelError, noOverload, Opaque, Optional, type Value } from './values.ts'

const semverType = 'kubernetes.Semver'
const formatType = 'kubernetes.NamedFormat'

interface Semver {
  parts: readonly [bigint, bigint, bigint]
  prerelease: readonly string[]
  text: string
}

const strictShape =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

/** `normalize` accepts a leading v, missing parts and leading zeros. */
function parseSemver(given: string, normalize: boolean): Semver | undefined {
  const match = strictShape.exec(normalize ? normalized(given) : given)
  if (match === null) return undefined
  const prerelease = match[4]?.split('.') ?? []
  if (prerelease.some((part) => /^0\d+$/.test(part))) return undefined
  return { parts: [BigInt(match[1]!), BigInt(match[2]!), BigInt(match[3]!)], prerelease, text: given }
}

function normalized(given: string): string {
  const [, core = '', rest = ''] = /^v?([0-9.]*)(.*)$/s.exec(given) ?? []
  const numbers = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''))
  while (numbers.length < 3) numbers.push('0')
  return numbers.join('.') + rest
}

function semverOrder(a: Semver, b: Semver): bigint {
  for (const [at, part] of a.parts.entries()) if (part !== b.parts[at]) return part < b.parts[at]! ? -1n : 1n
  if (a.prerelease.length === 0 || b.prerelease.length === 0) {
    return a.prerelease.length === b.prerelease.length ? 0n : a.prerelease.length === 0 ? 1n : -1n
  }
  for (let at = 0; at < Math.max(a.prerelease.length, b.prerelease.length); at++) {
    const order = identifierOrder(a.prerelease[at], b.prerelease[at])
    if (order !== 0n) return order
  }
  return 0n
}

/** Numbers by value and before words; a shorter list comes first. */
function identifierOrder(a: string | undefined, b: string | undefined): bigint {
  if (a === b) return 0n
  if (a === undefined || b === undefined) return a === undefined ? -1n : 1n
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (left && right) return BigInt(a) < BigInt(b) ? -1n : BigInt(a) > BigInt(b) ? 1n : 0n
  if (left !== right) return left ? -1n : 1n
  return a < b ? -1n : 1n
}

function order(a: Value | undefined, b: Value | undefined): bigint {
  if (a instanceof Opaque && a.type === quantityType) return quantityOrder(a, b)
  return semverOrder(opaque<Semver>(a, semverType), opaque<Semver>(b, semverType))
}

type Check = (value: string) => string[]

const byFormat =
  (name: string, words: string): Check =>
  (value) =>
    hasFormat(value, name) ? [] : [words]
/** A prefix may end as no name may. */
const prefixOf =
  (check: Check): Check =>
  (value) =>
    check(value.replace(/-$/, 'a'))

const formats: Readonly<Record<string, Check>> = {
  dns1123Label,
  dns1123Subdomain,
  dns1035Label,
  qualifiedName,
  dns1123LabelPrefix: prefixOf(dns1123Label),
  dns1123SubdomainPrefix: prefixOf(dns1123Subdomain),
  dns1035LabelPrefix: prefixOf(dns1035Label),
  labelValue: labelValueErrors,
  uri: byFormat('uri', 'invalid URI'),
  uuid: byFormat('uuid', 'does not match the UUID format'),
  byte: byFormat('byte', 'invalid base64'),
  date: byFormat('date', 'invalid date'),
  datetime: byFormat('datetime', 'invalid datetime'),
}

function format(name: string): Opaque {
  return new Opaque(formatType, { name, text: name }, (a, b) => (a as { name: string }).name === (b as { name: string }).name)
}

const formatFunctions: Library = Object.fromEntries(Object.keys(formats).map((name) => [`format.${name}`, fn(0, () => format(name))]))

const sameVersion = (a: unknown, b: unknown) => semverOrder(a as Semver, b as Semver) === 0n

export const shared: { functions: Library; methods: Library } = {
  functions: {
    ...formatFunctions,
    'jsonpatch.escapeKey': fn(1, ([key], spend) => text(key, spend).replaceAll('~', '~0').replaceAll('/', '~1')),
    'format.named': fn(1, ([name]) => new Optional(Object.hasOwn(formats, text(name)) ? format(text(name)) : undefined)),
    semver: fn([1, 2], ([value, normalize], spend) => {
      const version = parseSemver(text(value, spend), normalize === true)
      if (version === undefined) throw new CelError('No Major.Minor.Patch elements found')
      return new Opaque(semverType, version, sameVersion)
    }),
    isSemver: fn([1, 2], ([value, normalize], spend) => parseSemver(text(value, spend), normalize === true) !== undefined),
  },
  methods: {
    isGreaterThan: fn(2, ([a, b]) => order(a, b) > 0n),
    isLessThan: fn(2, ([a, b]) => order(a, b) < 0n),
    compareTo: fn(2, ([a, b]) => order(a, b)),
    major: fn(1, ([value]) => opaque<Semver>(value, semverType).parts[0]),
    minor: fn(1, ([value]) => opaque<Semver>(value, semverType).parts[1]),
    patch: fn(1, ([value]) => opaque<Semver>(value, semverType).parts[2]),
    validate: fn(2, ([value, given], spend) => {
      const { name } = opaque<{ name: string }>(value, formatType)
      const check = formats[name]
      if (check === undefined) throw noOverload()
      const errors = check(text(given, spend))
      return new Optional(errors.length === 0 ? undefined : errors)
    }),
  },
}
