// The real terminal: wall clock, randomness, signals, log lines on standard error.
import pino from 'pino'
import type { Clock } from '../apimachinery/clock.ts'
import type { Terminal } from './command.ts'
import { releaseStartupMemory } from './idle-memory.ts'

/** The wall clock and Node's timers. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    // setTimeout overflows beyond 2^31 ms
    const timer = setTimeout(callback, Math.min(delayMs, 2_147_483_647))
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Opens the terminal of one command. A second signal ends the process at once. */
export function openTerminal(component: string, verbosity: number): Terminal {
  const abort = new AbortController()
  const stop = (why: string) => {
    if (abort.signal.aborted) process.exit(1)
    abort.abort(new Error(why))
  }
  process.on('SIGINT', () => stop('interrupted'))
  process.on('SIGTERM', () => stop('terminated'))
  // a supervised process must not outlive its parent
  if (process.send !== undefined) process.on('disconnect', () => stop('the supervisor is gone'))
  const level = verbosity >= 4 ? 'debug' : 'info'
  const log = pino({ level, base: { component }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }))
  return {
    signal: abort.signal,
    clock: realClock,
    random: Math.random,
    log,
    print: (line) => process.stdout.write(`${line}\n`),
    environment: process.env,
    ready: () => {
      process.send?.({ ready: true })
      releaseStartupMemory(realClock)
    },
  }
}
