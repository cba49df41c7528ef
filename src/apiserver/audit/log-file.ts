// Where audit lines go: a file that is rotated by size, or standard output. Lines wait in a bounded buffer; a request never waits for the disk.
import { createWriteStream, type WriteStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { Logger } from 'pino'
import type { AuditSink } from './audit.ts'

export interface LogFileOptions {
  /** `-`: standard output. */
  path: string
  /** A file that would grow above this is put aside first; 0: never. */
  maxSizeMegabytes: number
  /** How many files put aside are kept; 0: all. */
  maxBackups: number
  /** How long they are kept; 0: for ever. */
  maxAgeDays: number
  now: () => number
  log: Logger
}

/** Upstream's buffer of a batching backend, and a limit on its memory. */
const maxLines = 10_000
const maxBytes = 64 * 1024 * 1024

/** Rejects when the file cannot be opened. */
export async function auditLogFile(options: LogFileOptions): Promise<AuditSink> {
  const target = options.path === '-' ? standardOutput() : await rotatingFile(options)
  let waiting: string[] = []
  let bytes = 0
  let writing: Promise<void> | undefined
  const drain = async () => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      bytes = 0
      try {
        await target.write(Buffer.from(batch.join('')))
      } catch (error) {
        options.log.error({ err: error, lines: batch.length }, 'Cannot write the audit log')
      }
    }
    writing = undefined
  }
  return {
    write: (line) => {
      if (waiting.length >= maxLines || bytes + line.length > maxBytes) return false
      waiting.push(line)
      bytes += line.length
      writing ??= Promise.resolve().then(drain)
      return true
    },
    close: async () => {
      await writing
      await target.close()
    },
  }
}

interface Target {
  write(batch: Buffer): Promise<void>
  close(): Promise<void>
}

function standardOutput(): Target {
  const stream: WriteStream = createWriteStream('', { fd: 1, autoClose: false })
  return {
    write: (batch) => new Promise((resolve, reject) => stream.write(batch, (error) => (error ? reject(error) : resolve()))),
    close: async () => {},
  }
}

async function rotatingFile(options: LogFileOptions): Promise<Target> {
  const { path, maxSizeMegabytes } = options
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  const append = () => open(path, 'a', 0o600)
  let file: FileHandle = await append()
  let { size } = await file.stat()
  const limit = maxSizeMegabytes * 1024 * 1024
  return {
    write: async (batch) => {
      if (limit > 0 && size > 0 && size + batch.length > limit) {
        await file.close()
        await rename(path, backupName(path, options.now()))
        file = await append()
        size = 0
        await removeOld(options)
      }
      await file.writeFile(batch)
      size += batch.length
    },
    close: () => file.close(),
  }
}

/** `audit-2026-03-01T12-00-00.000.log`: upstream's names of files put aside. */
function backupName(path: string, now: number): string {
  const extension = extname(path)
  const stamp = new Date(now).toISOString().slice(0, 23).replaceAll(':', '-')
  return join(dirname(path), `${basename(path, extension)}-${stamp}${extension}`)
}

async function removeOld({ path, maxBackups, maxAgeDays, now }: LogFileOptions): Promise<void> {
  const extension = extname(path)
  const prefix = `${basename(path, extension)}-`
  const stampOf = (name: string) => name.slice(prefix.length, name.length - extension.length)
  const backups = (await readdir(dirname(path)))
    .filter((name) => name.startsWith(prefix) && name.endsWith(extension) && /^\d{4}-\d\d-\d\dT[\d-]+\.\d{3}$/.test(stampOf(name)))
    .sort()
    .reverse()
  const oldest = maxAgeDays > 0 ? new Date(now() - maxAgeDays * 86_400_000).toISOString().slice(0, 23).replaceAll(':', '-') : ''
  for (const [index, name] of backups.entries()) {
    if ((maxBackups > 0 && index >= maxBackups) || stampOf(name) < oldest) await rm(join(dirname(path), name), { force: true })
  }
}
