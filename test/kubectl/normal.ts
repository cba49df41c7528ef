// Makes transcripts comparable: what differs from run to run becomes a placeholder, tables lose their padding, and rows of pods with
// random names are sorted. Everything else must be the same to the letter.

/** Letters of Kubernetes' random names. */
const safe = 'bcdfghjklmnpqrstvwxz2456789'

const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<time>'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>'],
  [/https:\/\/127\.0\.0\.1:\d+/g, '<server>'],
  [/(resourceVersion"?: ?)"\d+"/g, '$1"<rv>"'],
  // the first node that asks gets the first range
  [/\b10\.244\.\d+\.0\/24\b/g, '<pod-cidr>'],
  [/\b10\.244\.\d+\.\d+\b(?!\/)/g, '<pod-ip>'],
  [/\b10\.240\.0\.\d+\b(?!\/)/g, '<load-balancer-ip>'],
  [/\b10\.96\.(?!0\.1\b|0\.10\b)\d+\.\d+\b(?!\/)/g, '<cluster-ip>'],
  [/\b3[0-2]\d{3}(?=\/(TCP|UDP|SCTP))/g, '<node-port>'],
  [/(nodePort"?: )3[0-2]\d{3}\b/g, '$1<node-port>'],
  [new RegExp(`(?<=[a-z0-9]-)[${safe}]{5}(?![\\w-])`, 'g'), '<rnd>'],
  // names of events
  [/\.[0-9a-f]{16}\b/g, '.<hex>'],
  [/X509SHA256=[0-9a-f]{64}/g, 'X509SHA256=<sha256>'],
  [/hollow:\/\/[0-9a-f]{64}/g, 'hollow://<container-id>'],
  [/(pulled image .* in )\d+ms \(\d+ms including waiting\)/g, '$1<duration>'],
  // of the machine that runs the test
  [/(\(bookworm\) {2,}|Kernel Version: +)\S+/g, '$1<kernel>'],
  [/(arch=|Architecture: +)(amd64|arm64)/g, '$1<arch>'],
  [/(Machine ID: +)[0-9a-f]{32}/g, '$1<machine-id>'],
  [/\(x\d+ over [\dhms]+\)/g, '(<count>)'],
  [/(assigned \S+ to |[Nn]ode:? +)node-\d\b/g, '$1<node>'],
  [/<node>\/10\.0\.0\.\d+/g, '<node>/<node-ip>'],
]

const durationCell = /^((\d+[dhms])+|<invalid>)( \(<count>\))?$/
const ageHeader = /(^|\s{2,})(AGE|LAST SEEN|FIRST SEEN|LAST SCHEDULE|DURATION|LASTSEEN|Age)(\s{2,}|$)/

/** The comparable form of a transcript; `names` are replaced first (the namespace of this run → one name for all runs). */
export function normalTranscript(text: string, names: Readonly<Record<string, string>>): string {
  let all = text
  for (const [from, to] of Object.entries(names)) all = all.replaceAll(from, to)
  const lines: string[] = []
  let inAges = false
  let command = ''
  for (const raw of all.split('\n')) {
    if (raw.startsWith('$ ')) {
      command = raw
      lines.push(raw)
      inAges = false
      continue
    }
    // progress: how many of these lines come depends on speed
    if (command.includes('rollout status') && /^Waiting for .*\.\.\.$/.test(raw)) continue
    if (raw.trim() === '') inAges = false
    if (ageHeader.test(raw)) inAges = true
    lines.push(normalLine(raw, inAges))
  }
  return sortedRandomRows(lines).join('\n')
}

function normalLine(raw: string, inAges: boolean): string {
  let line = raw.trimEnd()
  for (const [pattern, placeholder] of patterns) line = line.replace(pattern, placeholder)
  const indent = /^ */.exec(line)![0]
  const cells = line.slice(indent.length).split(/ {2,}|(?<=\S)\t+/)
  const shown = cells.map((cell) => (inAges && durationCell.test(cell) ? '<age>' : cell))
  if (/^(Duration|Age):?$/.test(shown[0]!) && durationCell.test(shown[1] ?? '')) shown[1] = '<age>'
  line = indent + shown.join('  ')
  return line.includes('<rnd>') ? line.replace(/\bnode-\d\b/g, '<node>') : line
}

/**
 * Neighbouring lines that hold a random name come in the order of that name: sorted by what is left of them. So are the events of
 * describe: several processes write them, within one second.
 */
function sortedRandomRows(lines: readonly string[]): string[] {
  const out: string[] = []
  let rows: string[] = []
  for (const line of [...lines, '']) {
    const random = line.includes('<rnd>') && !line.startsWith(' ') && !line.startsWith('$ ')
    if (random || /^ {2}(Normal|Warning) {2}/.test(line)) {
      rows.push(line)
      continue
    }
    out.push(...rows.sort())
    rows = []
    out.push(line)
  }
  return out.slice(0, -1)
}
