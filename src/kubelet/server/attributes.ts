// What a request to a kubelet asks for, in the words of the API's authorization: a verb on nodes/<subresource>. Pure.
// Rules: pkg/kubelet/server/auth.go.

const verbs: Readonly<Record<string, string>> = { POST: 'create', GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

/** Paths with a subresource of their own beside the general one: it alone is enough. */
const fine: readonly (readonly [string, string])[] = [
  ['/pods', 'pods'],
  ['/runningpods', 'pods'],
  ['/healthz', 'healthz'],
  ['/configz', 'configz'],
]
const whole: readonly (readonly [string, string])[] = [
  ['/stats', 'stats'],
  ['/metrics', 'metrics'],
  ['/logs', 'log'],
  ['/checkpoint', 'checkpoint'],
  ['/statusz', 'statusz'],
  ['/flagz', 'configz'],
]

/** The verb and the subresources of which one must be allowed. */
export function requestAttributes(method: string, path: string): { verb: string; subresources: string[] } {
  const within = ([start]: readonly [string, string]) => path === start || path.startsWith(`${start}/`)
  return {
    verb: verbs[method] ?? '',
    subresources: [...fine.filter(within).map(([, name]) => name), whole.find(within)?.[1] ?? 'proxy'],
  }
}

/** The body of a 403. */
export function forbiddenText(user: string, verb: string, subresources: readonly string[]): string {
  return `Forbidden (user=${user}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])\n`
}
