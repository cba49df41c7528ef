// The name of a certificate signer: `domain/path`, as certificates.k8s.io and projected volumes use it.
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { invalidValue, required, tooLong } from '../../apimachinery/field-errors.ts'
import { dns1123Label, dns1123Subdomain } from '../../apimachinery/names.ts'

const domainMax = 253
const nameMax = domainMax + 1 + (253 + 63 + 1)

/** A domain of at least two labels, a slash, and a path of subdomains (pkg/apis/core/validation/names.go upstream). */
export function validateSignerName(name: string, path: Path): FieldError[] {
  if (name === '') return [required(path)]
  const segments = name.split('/')
  const [domain = '', rest = ''] = segments
  if (segments.length !== 2) {
    return [invalidValue(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  }
  const errors = domain.length > domainMax ? [tooLong(path, '', domainMax)] : []
  errors.push(...firstBadLabel(domain, dns1123Label, path))
  if (!domain.includes('.')) errors.push(invalidValue(path, domain, 'should be a domain with at least two segments separated by dots'))
  errors.push(...firstBadLabel(rest, dns1123Subdomain, path))
  if (name.length > nameMax) errors.push(tooLong(path, '', nameMax))
  return errors
}

function firstBadLabel(segment: string, check: (label: string) => string[], path: Path): FieldError[] {
  const bad = segment.split('.').find((label) => check(label).length > 0)
  if (bad === undefined) return []
  return check(bad).map((message) => invalidValue(path, segment, `validating label ${JSON.stringify(bad)}: ${message}`))
}
