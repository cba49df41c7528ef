// Finds the command, parses its flags, runs it, prints what went wrong.
import type { Command } from './command.ts'
import { describeFlags, integerFlag, parseFlags, UsageError } from './flags.ts'
import { openTerminal } from './terminal.ts'

interface Entry {
  summary: string
  load: () => Promise<{ command: Command }>
}

/** The explicit, sorted list; a component is a command. */
export const commands: Readonly<Record<string, Entry>> = {
  apiserver: { summary: 'Serve the Kubernetes API', load: () => import('./commands/apiserver.ts') },
  'controller-manager': { summary: 'Run the controllers', load: () => import('./commands/controller-manager.ts') },
  'kube-proxy': { summary: 'Compute the service rules of a node', load: () => import('./commands/kube-proxy.ts') },
  kubelet: { summary: 'Run the pods of a node (or of many hollow ones)', load: () => import('./commands/kubelet.ts') },
  scheduler: { summary: 'Assign pods to nodes', load: () => import('./commands/scheduler.ts') },
  up: { summary: 'Run a whole cluster: every component as its own process', load: () => import('./commands/up.ts') },
  version: { summary: 'Print the version', load: () => import('./commands/version.ts') },
}

/** Flags of every command. */
export const commonFlags = { v: integerFlag('Log verbosity: 4 and above adds debug lines', 0, { min: 0, max: 10 }) }

/** Runs one command line; resolves to the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const name = argv[0]
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(usage())
    return 0
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) {
    process.stderr.write(`error: unknown command ${JSON.stringify(name)} for "k8ts"\nRun 'k8ts help' for usage.\n`)
    return 1
  }
  const { command } = await entry.load()
  const flags = { ...command.flags, ...commonFlags }
  const rest = argv.slice(1).map((word) => word.replace(/^-v(=|$)/, '--v$1'))
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(
      `${command.summary}.\n${command.notes === undefined ? '' : `${command.notes}\n`}\nUsage:\n  k8ts ${name} [flags]${command.words ? ` ${command.words}` : ''}\n\nFlags:\n${describeFlags(flags)}\n`,
    )
    return 0
  }
  try {
    const { values, words, given } = parseFlags(flags, rest)
    if (words.length > 0 && command.words === undefined)
      throw new UsageError(`unknown command ${JSON.stringify(words[0])} for "k8ts ${name}"`)
    const terminal = openTerminal(name, values.v)
    await command.run(values, terminal, words, given)
    return 0
  } catch (error) {
    if (error instanceof UsageError) process.stderr.write(`Error: ${error.message}\n`)
    else process.stderr.write(`Error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return 1
  }
}

function usage(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length)) + 3
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`)
  return `k8ts: Kubernetes, written in TypeScript.\n\nUsage:\n  k8ts COMMAND [flags]\n\nCommands:\n${rows.join('\n')}\n\nUse "k8ts COMMAND --help" for the flags of a command.\n`
}
