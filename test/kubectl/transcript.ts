// Transcripts: a topic's shell lines run one after another in one shell, each answered by what it printed and its exit code.
// What differs from run to run (ages, uids, addresses, random names) becomes a placeholder.
import { spawn } from 'node:child_process'

/** One command of a topic: its text as written, several lines when it continues or has a here-document. */
export interface Command {
  text: string
}

/** Splits a topic's text into commands and comments; both keep their order. Lines `# …` and empty ones are comments. */
export function parseTopic(text: string): (Command | { comment: string })[] {
  const parts: (Command | { comment: string })[] = []
  const lines = text.replace(/\n$/, '').split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    if (line === '' || line.startsWith('#')) {
      parts.push({ comment: line })
      continue
    }
    const block = [line]
    const end = /<<-?\s*['"]?(\w+)['"]?/.exec(line)?.[1]
    if (end !== undefined) while (block.at(-1) !== end && i + 1 < lines.length) block.push(lines[++i]!)
    else while (block.at(-1)!.endsWith('\\') && i + 1 < lines.length) block.push(lines[++i]!)
    parts.push({ text: block.join('\n') })
  }
  return parts
}

export interface RunOptions {
  env: Readonly<Record<string, string>>
  cwd: string
  /** The whole topic must end within this time. */
  timeoutMs: number
}

const mark = '@@@@ exit'
/** What every topic may use: `eventually 'command'` repeats it until it succeeds, for at most thirty seconds. */
const prelude = `set -o pipefail
eventually() { for _ in {1..300}; do if (eval "$1") > /dev/null 2>&1; then return 0; fi; sleep 0.1; done; echo "not within 30 s: $1"; return 1; }
exec 2>&1
`

/** Runs a topic's commands in one bash; returns the raw transcript. A topic that takes too long ends with a line that says so. */
export async function runTopic(text: string, { env, cwd, timeoutMs }: RunOptions): Promise<string> {
  const parts = parseTopic(text)
  const script = parts.flatMap((part) => ('comment' in part ? [] : [part.text, `echo "\n${mark} $?"`]))
  const { output, timedOut } = await shell(`${prelude}${script.join('\n')}\n`, { env, cwd, timeoutMs })
  const answers = output.split(new RegExp(`\\n${mark} (\\d+)\\n`))
  const lines: string[] = []
  let at = 0
  for (const part of parts) {
    if ('comment' in part) {
      lines.push(part.comment)
      continue
    }
    const [answer, code] = [answers[at++] ?? '', answers[at++]]
    lines.push(`$ ${part.text}`)
    if (answer !== '') lines.push(answer.replace(/\n$/, ''))
    if (code === undefined) {
      lines.push(timedOut ? `[no end after ${timeoutMs} ms]` : '[the shell ended]')
      break
    }
    if (code !== '0') lines.push(`[exit ${code}]`)
  }
  return `${lines.join('\n')}\n`
}

function shell(script: string, { env, cwd, timeoutMs }: RunOptions): Promise<{ output: string; timedOut: boolean }> {
  return new Promise((done) => {
    // a group of its own, so that what hangs below the shell ends with it
    const bash = spawn('bash', ['-c', script], { env, cwd, stdio: ['ignore', 'pipe', 'ignore'], detached: true })
    let output = ''
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      if (bash.pid !== undefined) process.kill(-bash.pid, 'SIGKILL')
    }, timeoutMs)
    bash.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    bash.on('close', () => {
      clearTimeout(timer)
      done({ output, timedOut })
    })
  })
}
