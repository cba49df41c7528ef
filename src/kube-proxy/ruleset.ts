// The nftables rules of a node, as a value, and as text: whole, or the change from one to the next. Pure.
// Flat design: a service port with k endpoints is k elements of the map endpoints-k, picked by a random number below k;
// adding or removing a service touches only elements. Ports with session affinity get chains of their own.
import type { Backend, Family, ServicePortView } from './endpoints.ts'

export interface Ruleset {
  family: Family
  /** Endpoint counts in use: each has its maps and pick chains. */
  counts: readonly number[]
  /** Collection → element key → value ('' in sets): services, node-ports, refused, refused-node-ports, hairpin, cluster-ips, endpoints-k, node-port-endpoints-k. */
  elements: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Chains and sets of ports with affinity: name → definition inside the table. */
  affinity: ReadonlyMap<string, string>
}

export interface RulesetOptions {
  family: Family
  /** Pod range: traffic to cluster IPs from outside it is masqueraded. */
  clusterCidr?: string
}

/** The bit that marks packets to masquerade; upstream's default --iptables-masquerade-bit 14. */
const masqueradeMark = '0x4000'
const tableName = 'k8ts-proxy'

/** The rules for these service ports. */
export function ruleset(views: readonly ServicePortView[], options: RulesetOptions): Ruleset {
  const elements = new Map<string, Map<string, string>>()
  const affinity = new Map<string, string>()
  const counts = new Set<number>()
  const put = (collection: string, key: string, value: string) => {
    let map = elements.get(collection)
    if (map === undefined) elements.set(collection, (map = new Map()))
    // two services may claim one external address and port: the first (by id) wins, as upstream's
    if (!map.has(key)) map.set(key, value)
  }
  for (const view of views) {
    for (const backend of [...view.internal, ...view.external]) put('hairpin', `${backend.address} . ${backend.address}`, '')
    for (const ip of view.clusterIps) put('cluster-ips', ip, '')
    for (const ip of view.clusterIps) route(view, `${ip} . ${view.protocol} . ${view.port}`, 'cluster')
    for (const ip of view.externalIps) route(view, `${ip} . ${view.protocol} . ${view.port}`, 'external')
    if (view.nodePort !== undefined) route(view, `${view.protocol} . ${view.nodePort}`, 'node-port')
  }
  return { family: options.family, counts: [...counts].sort((a, b) => a - b), elements, affinity }

  function route(view: ServicePortView, key: string, from: 'cluster' | 'external' | 'node-port'): void {
    const backends = from === 'cluster' ? view.internal : view.external
    const elsewhere = from === 'cluster' ? view.internalElsewhere : view.externalElsewhere
    const onPort = from === 'node-port'
    if (backends.length === 0) {
      const verdict = elsewhere ? 'drop' : 'goto refuse'
      put(onPort ? 'refused-node-ports' : 'refused', key, verdict)
      return
    }
    const masquerades = from !== 'cluster' && !view.keepsSource
    const entry =
      view.affinitySeconds === undefined ? pickChain(backends, key, onPort, masquerades) : affinityChain(view, backends, masquerades)
    put(onPort ? 'node-ports' : 'services', key, `goto ${entry}`)
  }

  function pickChain(backends: readonly Backend[], key: string, onPort: boolean, masquerades: boolean): string {
    const count = backends.length
    counts.add(count)
    const collection = `${onPort ? 'node-port-' : ''}endpoints-${count}`
    backends.forEach((backend, i) => {
      put(collection, `${key} . ${i}`, `${backend.address} . ${backend.port}`)
    })
    return `${masquerades ? 'masquerade-' : ''}${onPort ? 'node-port-' : ''}pick-${count}`
  }

  function affinityChain(view: ServicePortView, backends: readonly Backend[], masquerades: boolean): string {
    const base = `affinity-${chainWord(view.id)}-${view.protocol}`
    const name = masquerades ? `${base}-masquerade` : base
    if (affinity.has(name)) return name
    const word = options.family === 'IPv4' ? 'ip' : 'ip6'
    const jumps: string[] = []
    const picks: string[] = []
    backends.forEach((backend, i) => {
      const set = `${name}-${i}`
      const target = options.family === 'IPv4' ? `${backend.address}:${backend.port}` : `[${backend.address}]:${backend.port}`
      affinity.set(
        `${set}-clients`,
        `set ${set}-clients {\n    type ${word === 'ip' ? 'ipv4_addr' : 'ipv6_addr'}\n    flags dynamic,timeout\n    size 65535\n    timeout ${view.affinitySeconds}s\n  }`,
      )
      affinity.set(
        set,
        `chain ${set} {\n    update @${set}-clients { ${word} saddr }\n    meta l4proto ${view.protocol} dnat to ${target}\n  }`,
      )
      jumps.push(`    ${word} saddr @${set}-clients goto ${set}`)
      picks.push(`${i} : goto ${set}`)
    })
    const mark = masquerades ? `    meta mark set meta mark or ${masqueradeMark}\n` : ''
    affinity.set(
      name,
      `chain ${name} {\n${mark}${jumps.join('\n')}\n    numgen random mod ${backends.length} vmap { ${picks.join(', ')} }\n  }`,
    )
    return name
  }
}

/** A whole, atomic transaction for `nft -f -`: whatever the table held before is replaced. */
export function rulesetText(rules: Ruleset, options: RulesetOptions): string {
  const family = rules.family === 'IPv4' ? 'ip' : 'ip6'
  const body = [
    ...collectionNames(rules.counts).map((name) => collectionText(name, rules)),
    ...rules.counts.flatMap((count) => pickChains(count, family)),
    ...rules.affinity.values(),
    ...baseChains(family, options),
  ]
  return `add table ${family} ${tableName}\ndelete table ${family} ${tableName}\ntable ${family} ${tableName} {\n  ${body.join('\n  ')}\n}\n`
}

/** Only what differs, or undefined when the whole must be loaded anew (another endpoint count or affinity chain came up). */
export function rulesetChange(before: Ruleset, after: Ruleset): string | undefined {
  const same =
    before.affinity.size === after.affinity.size && [...after.affinity].every(([name, text]) => before.affinity.get(name) === text)
  if (!same || after.counts.some((count) => !before.counts.includes(count))) return undefined
  const family = after.family === 'IPv4' ? 'ip' : 'ip6'
  const removed: string[] = []
  const added: string[] = []
  for (const name of new Set([...before.elements.keys(), ...after.elements.keys()])) {
    const old = before.elements.get(name) ?? new Map<string, string>()
    const fresh = after.elements.get(name) ?? new Map<string, string>()
    const gone = [...old].filter(([key, value]) => fresh.get(key) !== value)
    const come = [...fresh].filter(([key, value]) => old.get(key) !== value)
    if (gone.length > 0) removed.push(`delete element ${family} ${tableName} ${name} { ${gone.map(([key]) => key).join(', ')} }`)
    if (come.length > 0) added.push(`add element ${family} ${tableName} ${name} { ${come.map(elementText).join(', ')} }`)
  }
  return [...removed, ...added].map((line) => `${line}\n`).join('')
}

function elementText([key, value]: [string, string]): string {
  return value === '' ? key : `${key} : ${value}`
}

function collectionNames(counts: readonly number[]): string[] {
  return [
    'services',
    'node-ports',
    'refused',
    'refused-node-ports',
    'hairpin',
    'cluster-ips',
    ...counts.flatMap((count) => [`endpoints-${count}`, `node-port-endpoints-${count}`]),
  ]
}

function collectionText(name: string, rules: Ruleset): string {
  const word = rules.family === 'IPv4' ? 'ip' : 'ip6'
  const count = /-?endpoints-(\d+)$/.exec(name)?.[1]
  const onPort = name.startsWith('node-port') || name === 'refused-node-ports'
  const key = `${onPort ? '' : `${word} daddr . `}meta l4proto . th dport`
  const type =
    name === 'hairpin'
      ? `${word} saddr . ${word} daddr`
      : name === 'cluster-ips'
        ? `${word} daddr`
        : count === undefined
          ? `${key} : verdict`
          : `${key} . numgen random mod ${count} : ${word} daddr . th dport`
  const elements = [...(rules.elements.get(name) ?? [])].map(elementText)
  const text = elements.length === 0 ? '' : `\n    elements = { ${elements.join(',\n      ')} }`
  return `${name === 'hairpin' || name === 'cluster-ips' ? 'set' : 'map'} ${name} {\n    typeof ${type}${text}\n  }`
}

function pickChains(count: number, word: string): string[] {
  const pick = (name: string, key: string, map: string, mark: boolean) =>
    `chain ${name} {\n${mark ? `    meta mark set meta mark or ${masqueradeMark}\n` : ''}    dnat ${word} to ${key} . numgen random mod ${count} map @${map}\n  }`
  const byAddress = `${word} daddr . meta l4proto . th dport`
  const byPort = 'meta l4proto . th dport'
  return [
    pick(`pick-${count}`, byAddress, `endpoints-${count}`, false),
    pick(`masquerade-pick-${count}`, byAddress, `endpoints-${count}`, true),
    pick(`node-port-pick-${count}`, byPort, `node-port-endpoints-${count}`, false),
    pick(`masquerade-node-port-pick-${count}`, byPort, `node-port-endpoints-${count}`, true),
  ]
}

function baseChains(word: string, options: RulesetOptions): string[] {
  const hook = (name: string, text: string, lines: string[]) =>
    `chain ${name} {\n    ${text}\n${lines.map((line) => `    ${line}`).join('\n')}\n  }`
  const key = `${word} daddr . meta l4proto . th dport`
  const outside =
    options.clusterCidr === undefined
      ? []
      : [`${word} saddr != ${options.clusterCidr} ${word} daddr @cluster-ips meta mark set meta mark or ${masqueradeMark}`]
  const refuse = [`ct state new ${key} vmap @refused`, 'ct state new fib daddr type local meta l4proto . th dport vmap @refused-node-ports']
  return [
    'chain refuse {\n    meta l4proto tcp reject with tcp reset\n    reject\n  }',
    hook('route', [...outside, `${key} vmap @services`].join('\n    '), [
      `fib daddr type local ${word === 'ip' ? 'ip daddr != 127.0.0.0/8 ' : ''}meta l4proto . th dport vmap @node-ports`,
    ]),
    hook('prerouting', 'type nat hook prerouting priority dstnat; policy accept;', ['jump route']),
    hook('output', 'type nat hook output priority -100; policy accept;', ['jump route']),
    hook('postrouting', 'type nat hook postrouting priority srcnat; policy accept;', [
      `meta mark and ${masqueradeMark} == ${masqueradeMark} meta mark set meta mark xor ${masqueradeMark} masquerade fully-random`,
      `${word} saddr . ${word} daddr @hairpin masquerade fully-random`,
    ]),
    hook('filter-input', 'type filter hook input priority -110; policy accept;', refuse),
    hook('filter-forward', 'type filter hook forward priority -110; policy accept;', refuse),
    hook('filter-output', 'type filter hook output priority -110; policy accept;', refuse),
  ]
}

/** A short, unique word for chain names, which nftables limits to 127 bytes. */
function chainWord(id: string): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(id)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return hash.toString(36)
}
