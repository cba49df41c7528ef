// Debian's packages for the tests: installed into the system, or unpacked into a directory of their own where the system's release has no such
// package. Idempotent, non-interactive; false where it cannot be done.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

const minutes = 60_000
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

interface Outcome {
  good: boolean
  stdout: string
}

function run(program: string, args: readonly string[]): Outcome {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }
  const { status, stdout } = spawnSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 15 * minutes })
  return { good: status === 0, stdout: stdout ?? '' }
}

/** Installs packages into the system, unless `present` says that they work already. */
export function installDebian(packages: readonly string[], present: () => boolean): boolean {
  if (present()) return true
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages]).good
  // The lists of packages may be old or absent: they are fetched only when the first try fails.
  return (install() || (run('apt-get', ['update']).good && install())) && present()
}

/** The mirror that this system's apt already uses for Debian. */
function mirror(): string | undefined {
  const { stdout } = run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(LABEL)', 'Created-By: Packages'])
  return /^(\S+) Debian$/m.exec(stdout)?.[1]
}

/**
 * Unpacks the packages and all that they need, of the release `suite`, below `directory`: those that `wanted` names.
 * apt has its own lists and states there; nothing of the system is changed.
 */
export function unpackDebian(suite: string, packages: readonly string[], directory: string, wanted: RegExp): boolean {
  const done = `${directory}/.unpacked`
  if (existsSync(done)) return true
  const uri = mirror()
  if (uri === undefined || !existsSync(keyring)) return false
  rmSync(directory, { recursive: true, force: true })
  const apt = resolve(directory, 'apt')
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(`${apt}/${folder}`, { recursive: true })
  writeFileSync(`${apt}/sources.list`, `deb [signed-by=${keyring}] ${uri} ${suite} main\n`)
  writeFileSync(`${apt}/status`, '')
  const own = {
    'Dir::Etc::SourceList': `${apt}/sources.list`,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': apt,
    'Dir::State::Lists': `${apt}/lists`,
    'Dir::State::status': `${apt}/status`,
    'Dir::Cache': apt,
    'Dir::Cache::Archives': `${apt}/archives`,
    // Directories of a home or of root are not open to apt's own user.
    'APT::Sandbox::User': 'root',
  }
  const options = Object.entries(own).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  if (!run('apt-get', [...options, 'update']).good) return false
  if (!run('apt-get', [...options, 'install', '-y', '--download-only', '--no-install-recommends', ...packages]).good) return false
  const files = readdirSync(`${apt}/archives`).filter((file) => file.endsWith('.deb') && wanted.test(file))
  if (!files.every((file) => run('dpkg-deb', ['-x', `${apt}/archives/${file}`, directory]).good)) return false
  rmSync(apt, { recursive: true })
  writeFileSync(done, `${files.join('\n')}\n`)
  return true
}
