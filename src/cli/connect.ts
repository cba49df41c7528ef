// From a --kubeconfig file (or --master URL) to a Client.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Clock } from '../apimachinery/clock.ts'
import type { Client } from '../client/client.ts'
import { openTransport } from '../client/http-transport.ts'
import { clusterAccess, parseKubeconfig } from '../client/kubeconfig.ts'
import { createClient } from '../client/rest.ts'
import { UsageError } from './flags.ts'

export interface Connection {
  client: Client
  server: string
  close(): Promise<void>
}

/** Opens the client of a component. `master` overrides the kubeconfig's server. Throws UsageError for a bad file. */
export function connect(component: string, options: { kubeconfig: string; master?: string }, clock: Clock): Connection {
  if (options.kubeconfig === '' && !options.master) throw new UsageError('one of --kubeconfig and --master is needed')
  const access = options.kubeconfig === '' ? { server: options.master! } : readAccess(options.kubeconfig)
  const server = options.master || access.server
  const { transport, close } = openTransport({ ...access, server })
  const userAgent = `${component}/v1.36 (k8ts)`
  return { client: createClient({ transport, userAgent, clock, ...('token' in access ? { token: access.token } : {}) }), server, close }
}

function readAccess(file: string) {
  try {
    const access = clusterAccess(parseKubeconfig(readFileSync(file, 'utf8')))
    const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(resolve(dirname(file), path), 'utf8'))
    const { ca, cert, key, token } = access.files
    return {
      server: access.server,
      insecureSkipTlsVerify: access.insecureSkipTlsVerify,
      ...present('serverName', access.serverName),
      ...present('ca', access.ca ?? read(ca)),
      ...present('cert', access.cert ?? read(cert)),
      ...present('key', access.key ?? read(key)),
      ...present('token', access.token ?? read(token)?.trim()),
    }
  } catch (error) {
    throw new UsageError(`error loading config file ${JSON.stringify(file)}: ${error instanceof Error ? error.message : error}`)
  }
}

function present<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string }
}
