// Where a webhook is called: rules that admission webhooks and CRD conversion share. Words: k8s.io/apiserver/pkg/util/webhook/validation.go.
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { invalidValue, required } from '../../apimachinery/field-errors.ts'
import { dns1035Label, dns1123Subdomain, portNumber } from '../../apimachinery/names.ts'
import { invalidFor } from '../shared/checks.ts'

interface ClientConfig {
  url?: string
  service?: { name?: string; namespace?: string; path?: string; port?: number }
}

/** Exactly one of url and service, and either well formed. */
export function clientConfigErrors({ url, service }: ClientConfig, path: Path): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [required(path, 'exactly one of url or service is required')]
  return url === undefined ? serviceErrors(service ?? {}, path.child('service')) : urlErrors(url, path.child('url'))
}

const form = '; desired format: https://host[/path]'

function urlErrors(text: string, path: Path): FieldError[] {
  const [, scheme = '', authority = '', , query = '', fragment = ''] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? []
  const userEnd = authority.lastIndexOf('@')
  const host = authority.slice(userEnd + 1)
  const errors: FieldError[] = []
  if (scheme.toLowerCase() !== 'https')
    errors.push(invalidValue(path, scheme.toLowerCase(), `'https' is the only allowed URL scheme${form}`))
  if (host === '') errors.push(invalidValue(path, '', `host must be specified${form}`))
  if (userEnd >= 0) errors.push(invalidValue(path, authority.slice(0, userEnd), 'user information is not permitted in the URL'))
  if (fragment !== '') errors.push(invalidValue(path, fragment, 'fragments are not permitted in the URL'))
  if (query !== '') errors.push(invalidValue(path, query, 'query parameters are not permitted in the URL'))
  return errors
}

function serviceErrors({ name, namespace, path: route = '', port = 0 }: NonNullable<ClientConfig['service']>, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (!name) errors.push(required(path.child('name')))
  if (!namespace) errors.push(required(path.child('namespace')))
  const messages = portNumber(port)
  if (messages.length > 0) errors.push(invalidValue(path.child('port'), port, `port is not valid: ${messages.join(', ')}`))
  const where = path.child('path')
  if (route === '' || route === '/') return errors
  if (route === '//') return [...errors, invalidValue(where, route, 'segment[0] may not be empty')]
  if (!route.startsWith('/')) errors.push(invalidValue(where, route, "must start with a '/'"))
  const steps = route.slice(1).replace(/\/$/, '').split('/')
  for (const [index, step] of steps.entries()) {
    if (step === '') errors.push(invalidValue(where, route, `segment[${index}] may not be empty`))
    else errors.push(...dns1123Subdomain(step).map((message) => invalidValue(where, route, `segment[${index}]: ${message}`)))
  }
  return errors
}

/** The versions of a review a webhook understands: one at least that the server speaks. */
export function reviewVersionsErrors(
  versions: readonly string[] = [],
  accepted: readonly string[],
  path: Path,
  emptyDetail = '',
): FieldError[] {
  if (versions.length === 0) return [required(path, emptyDetail)]
  const errors = versions.flatMap((version, index) => {
    if (versions.indexOf(version) < index) return [invalidValue(path.index(index), version, 'duplicate version')]
    return invalidFor(path.index(index), version, dns1035Label(version))
  })
  if (versions.some((version) => accepted.includes(version))) return errors
  return [...errors, invalidValue(path, versions, `must include at least one of ${accepted.join(', ')}`)]
}
