// Where Node keeps compiled code between runs: the user's own cache directory, so that nobody else can plant code there.
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Upheld by NODE_COMPILE_CACHE when that is set. */
export function compileCacheDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['NODE_COMPILE_CACHE'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'k8ts', 'compile')
}
