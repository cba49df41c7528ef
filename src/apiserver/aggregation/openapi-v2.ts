// OpenAPI v2 of other servers, joined with this one's: the paths of their group versions, and the definitions that those need. Pure.

type Json = Record<string, unknown>

/** The document with the paths of `remote` that begin with a prefix. Definitions of the same name and another content get a new name. */
export function mergeOpenApiV2(own: Json, remote: Json, prefixes: readonly string[]): Json {
  const paths = Object.entries(object(remote['paths'])).filter(([path]) => prefixes.some((prefix) => path.startsWith(prefix)))
  if (paths.length === 0) return own
  const theirs = object(remote['definitions'])
  const ours = object(own['definitions'])
  const names = new Map<string, string>()
  for (const name of reachable(paths, theirs)) names.set(name, freeName(name, theirs[name], ours))
  const added = [...names].map(([name, as]) => [as, renamed(theirs[name], names)] as const)
  return {
    ...own,
    paths: { ...object(own['paths']), ...Object.fromEntries(paths.map(([path, item]) => [path, renamed(item, names)])) },
    definitions: { ...ours, ...Object.fromEntries(added) },
  }
}

function object(value: unknown): Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {}
}

const prefix = '#/definitions/'

/** The definition that a value refers to. */
function referred(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith(prefix) ? value.slice(prefix.length) : undefined
}

/** Names of the definitions that a value needs, directly or not. */
function reachable(value: unknown, definitions: Json): Set<string> {
  const found = new Set<string>()
  const stack: unknown[] = [value]
  while (stack.length > 0) {
    const next = stack.pop()
    const name = referred(next)
    if (name !== undefined && Object.hasOwn(definitions, name) && !found.has(name)) {
      found.add(name)
      stack.push(definitions[name])
    } else if (next !== null && typeof next === 'object') stack.push(...Object.values(next).slice(0, maxMembers))
  }
  return found
}

/** No document has an object with more. */
const maxMembers = 20_000

function freeName(name: string, definition: unknown, ours: Json): string {
  const text = JSON.stringify(definition)
  for (let as = name, i = 2; ; as = `${name}_v${i++}`) {
    if (!Object.hasOwn(ours, as) || JSON.stringify(ours[as]) === text) return as
  }
}

/** The value with references by their new names. */
function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if ([...names].every(([name, as]) => name === as)) return value
  return JSON.parse(JSON.stringify(value ?? null), (key, each: unknown) => {
    const name = key === '$ref' ? referred(each) : undefined
    const as = name === undefined ? undefined : names.get(name)
    return as === undefined ? each : `${prefix}${as}`
  })
}
