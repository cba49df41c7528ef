// Image references as far as defaulting needs them: the tag decides the pull policy. Grammar: github.com/distribution/reference.

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const pathPattern = new RegExp(`^${component}(?:/${component})*$`)
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domainPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const tagPattern = /^\w[\w.-]{0,127}$/
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const maxNameLength = 255

/** The tag of an image: `latest` when it names neither tag nor digest, empty for a digest alone or a reference that is not well-formed. */
export function imageTag(image: string): string {
  if (/^[a-f0-9]{64}$/.test(image)) return ''
  const at = image.indexOf('@')
  const digest = at < 0 ? '' : image.slice(at + 1)
  const named = at < 0 ? image : image.slice(0, at)
  if (at >= 0 && !digestPattern.test(digest)) return ''
  const colon = named.lastIndexOf(':')
  const tagged = colon > named.lastIndexOf('/')
  const tag = tagged ? named.slice(colon + 1) : ''
  if (!isName(tagged ? named.slice(0, colon) : named) || (tagged && !tagPattern.test(tag))) return ''
  return tagged || digest !== '' ? tag : 'latest'
}

/** `[domain/]path`: the first part is a domain when it has a dot, a colon or a capital, or is localhost. */
function isName(name: string): boolean {
  if (name.length > maxNameLength) return false
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const hasDomain = first !== '' && (/[.:A-Z]/.test(first) || first === 'localhost')
  return hasDomain ? domainPattern.test(first) && pathPattern.test(name.slice(slash + 1)) : pathPattern.test(name)
}
