// Static tokens (--token-auth-file): lines of `token,user,uid,"group1,group2"`.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { User } from './user.ts'

/** Looks a token up. Tokens are kept and compared as keyed hashes, so that no comparison tells how much of a guess was right. */
export type TokenLookup = (token: string) => User | undefined

/** Reads the file's text. Throws for lines with less than three columns. */
export function tokenFile(text: string): TokenLookup {
  const key = randomBytes(32)
  const hash = (token: string): Buffer => createHmac('sha256', key).update(token).digest()
  const users = parseCsv(text).flatMap((row) => {
    const [token = '', name = '', uid = '', groups = ''] = row
    if (row.length < 3) throw new Error(`token file must have at least 3 columns (token, user name, user uid), found ${row.length}`)
    if (token === '') return []
    const user: User = { name, uid, groups: groups === '' ? [] : groups.split(',') }
    return [{ hash: hash(token), user }]
  })
  return (token) => {
    const asked = hash(token)
    let found: User | undefined
    for (const entry of users) if (timingSafeEqual(entry.hash, asked)) found = entry.user
    return found
  }
}

/** Rows of comma-separated fields; quoted fields may hold commas and doubled quotes. Lines that are empty or begin with # are left out. */
function parseCsv(text: string): string[][] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) =>
      [...line.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/g)]
        .slice(0, fieldCount(line))
        .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? (plain ?? '').trim()),
    )
}

function fieldCount(line: string): number {
  return line.replace(/"(?:[^"]|"")*"/g, '').split(',').length
}
