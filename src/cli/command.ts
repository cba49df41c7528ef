// The shape of a command, and what the terminal gives it. Only cli/ reads argv, environment, files and the wall clock.
import type { Logger } from 'pino'
import type { Clock, Random } from '../apimachinery/clock.ts'
import type { Flags, FlagValues } from './flags.ts'

export interface Terminal {
  /** Aborts on SIGINT, SIGTERM, or when a supervising parent is gone. */
  signal: AbortSignal
  clock: Clock
  random: Random
  log: Logger
  /** One line to standard output. */
  print(line: string): void
  environment: Readonly<Record<string, string | undefined>>
  /** Tells a supervising parent that this process does its work. */
  ready(): void
}

export interface Command<F extends Flags = Flags> {
  name: string
  summary: string
  /** A sentence more in help. */
  notes?: string
  flags: F
  /** Words after the flags, in help; without it, any word is an error. */
  words?: string
  run(values: FlagValues<F>, terminal: Terminal, words: string[], given: ReadonlySet<string>): Promise<void>
}

/** Infers the flag types of `run`. */
export function defineCommand<F extends Flags>(command: Command<F>): Command {
  return command as unknown as Command
}
