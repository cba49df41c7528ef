// npm run sim: simulations by seed. --seed N (with --trace: everything that happens), --seeds A..B, --storms requests,nodes (default: drawn).
import { simulate } from '../test/sim/simulate.ts'
import { type StormName, storms } from '../test/sim/storms.ts'

const flags = new Map<string, string>()
const words = process.argv.slice(2)
for (const [index, word] of words.entries()) {
  const [name = '', value] = word.split('=')
  if (name.startsWith('--')) flags.set(name, value ?? (words[index + 1]?.startsWith('--') === false ? words[index + 1]! : ''))
}
const [from = '1', to = from] = (flags.get('--seeds') ?? flags.get('--seed') ?? '1').split('..')
const chosen = flags.get('--storms')?.split(',') ?? [undefined]
const trace = flags.has('--trace') ? (line: string) => console.log(line) : undefined

for (const name of chosen) {
  if (name === undefined || name in storms) continue
  console.error(`unknown storm ${name}; there are: ${Object.keys(storms).join(', ')}`)
  process.exit(2)
}
/** Seconds of the processor that this process has used. */
const spent = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6
const began = spent()
let bad = 0
let count = 0
for (let seed = Number(from); seed <= Number(to); seed++) {
  for (const storm of chosen) {
    const started = spent()
    const outcome = await simulate({
      seed,
      ...(storm === undefined ? {} : { storm: storm as StormName }),
      ...(trace === undefined ? {} : { trace }),
    })
    count++
    if (outcome.faults.length > 0) bad++
    const { changes, requests, virtualSeconds } = outcome
    const facts = `${changes} changes, ${requests} requests, ${virtualSeconds} s in ${(spent() - started).toFixed(2)} s`
    console.log(
      `seed ${seed} ${outcome.storm}: ${outcome.faults.length === 0 ? 'ok' : 'BAD'}, ${facts}, trace ${outcome.trace.slice(0, 12)}`,
    )
    for (const fault of outcome.faults) console.log(`  ${fault}`)
  }
}
console.log(`${count} simulations, ${bad} bad, ${((spent() - began) / count).toFixed(2)} s of CPU each`)
process.exit(bad === 0 ? 0 : 1)
