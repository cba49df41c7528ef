// The kubelet's flags of its HTTPS server: upstream's names, and the defaults of its configuration file.
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { KubeletOptions } from '../../kubelet/kubelet.ts'
import { booleanFlag, choiceFlag, type FlagValues, integerFlag, stringFlag, UsageError } from '../flags.ts'

const portRange = { min: 0, max: 65_535 }

export const kubeletServerFlags = {
  address: stringFlag("Address that the kubelet's server listens on", '0.0.0.0'),
  'anonymous-auth': booleanFlag("Admit requests without credentials to the kubelet's server"),
  'authentication-token-webhook': booleanFlag('Ask the API server whose a bearer token is', true),
  'authorization-mode': choiceFlag(
    "Who may ask the kubelet's server; Webhook asks the API server",
    ['AlwaysAllow', 'Webhook'] as readonly ('AlwaysAllow' | 'Webhook')[],
    'Webhook',
  ),
  'client-ca-file': stringFlag("CA bundle: client certificates signed by it authenticate to the kubelet's server"),
  'enable-server': booleanFlag("Run the kubelet's server: logs, metrics, statistics", true),
  port: integerFlag("Port of the kubelet's server; of several simulated nodes the first; 0 takes any free ones", 0, portRange),
  'read-only-port': integerFlag('Port without TLS and authentication; 0 is none; only with one node', 0, portRange),
  'tls-cert-file': stringFlag("PEM certificate of the kubelet's server (default: self-signed)"),
  'tls-private-key-file': stringFlag('PEM private key of --tls-cert-file'),
}

type Values = FlagValues<typeof kubeletServerFlags> & { nodes: number; 'node-ip': readonly string[] }

/** The server's part of the kubelet's options. Throws UsageError. */
export function kubeletServerOptions(values: Values): Pick<KubeletOptions, 'server' | 'serverName'> {
  if (!values['enable-server']) return {}
  if ((values['tls-cert-file'] === '') !== (values['tls-private-key-file'] === ''))
    throw new UsageError('--tls-cert-file and --tls-private-key-file belong together')
  if (values['read-only-port'] > 0 && values.nodes > 1) throw new UsageError('--read-only-port goes with one node only')
  const text = (name: 'client-ca-file' | 'tls-cert-file' | 'tls-private-key-file') => {
    if (values[name] === '') return undefined
    try {
      return readFileSync(values[name], 'utf8')
    } catch (error) {
      throw new UsageError(`--${name}: ${(error as Error).message}`)
    }
  }
  const [clientCa, cert, key] = [text('client-ca-file'), text('tls-cert-file'), text('tls-private-key-file')]
  const { address, port } = values
  return {
    server: {
      ...{ address, port },
      readOnlyPort: values['read-only-port'],
      anonymousAuth: values['anonymous-auth'],
      authorizationMode: values['authorization-mode'],
      tokenWebhook: values['authentication-token-webhook'],
      ...(clientCa === undefined ? {} : { clientCa }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    },
    ...(values['node-ip'].length > 0 ? {} : { serverName: /^(127\.|::1$)/.test(address) ? 'localhost' : hostname() }),
  }
}
