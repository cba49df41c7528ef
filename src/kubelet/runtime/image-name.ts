// Image names as container runtimes normalise them: registry, repository, tag. Pure.

const reference =
  /^(?<name>[a-z0-9]+(?:[._-]+[a-z0-9]+)*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/

/** `nginx` → `docker.io/library/nginx:latest`; undefined when the text is no image reference. */
export function normalizedImage(image: string): string | undefined {
  if (image.length > 4096) return undefined
  const slash = image.lastIndexOf('/')
  const parts = reference.exec(image.slice(slash + 1))?.groups
  const path = image.slice(0, slash + 1)
  if (parts?.['name'] === undefined) return undefined
  if (path !== '' && !/^(?:[A-Za-z0-9.-]+(?::\d+)?\/)?(?:[a-z0-9._-]+\/)*$/.test(path)) return undefined
  const first = path.split('/')[0] ?? ''
  const hasRegistry = path !== '' && (/[.:]/.test(first) || first === 'localhost')
  const repository = `${hasRegistry ? '' : path === '' ? 'docker.io/library/' : 'docker.io/'}${path}${parts['name']}`
  if (parts['digest'] !== undefined) return `${repository}@${parts['digest']}`
  return `${repository}:${parts['tag'] ?? 'latest'}`
}

/** The repository without tag and digest. */
export function imageRepository(normalized: string): string {
  const at = normalized.indexOf('@')
  const text = at < 0 ? normalized : normalized.slice(0, at)
  const colon = text.lastIndexOf(':')
  return colon > text.lastIndexOf('/') ? text.slice(0, colon) : text
}
