// k8ts up: a whole cluster from one command. Spawns every component, waits until the nodes are Ready, prints what to type next.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sleep } from '../../apimachinery/clock.ts'
import type { Client } from '../../client/client.ts'
import { clusterAccess, mergeKubeconfig, parseKubeconfig } from '../../client/kubeconfig.ts'
import { defineCommand, type Terminal } from '../command.ts'
import { compileCacheDirectory } from '../compile-cache.ts'
import { connect } from '../connect.ts'
import { ensureDefaultStorageClass } from '../default-storage-class.ts'
import { booleanFlag, choiceFlag, cidrsFlag, type FlagValues, integerFlag, stringFlag, UsageError } from '../flags.ts'
import { assertPortFree, freePort } from '../free-port.ts'
import { hostAddress } from '../host-address.ts'
import { type ClusterFiles, ensureClusterFiles } from '../pki-files.ts'
import { serverReady } from '../server-ready.ts'
import { signingFlags } from '../signing-flags.ts'
import { type ProcessSpec, Supervisor } from '../supervisor.ts'
import { apiserverFlags } from './apiserver-flags.ts'
import { controllerManagerFlags } from './controller-manager-flags.ts'
import { handedOn } from './handed-on.ts'

const ownFlags = {
  'data-dir': stringFlag('Where the cluster lives: store, keys, kubeconfigs, logs', '.k8ts'),
  port: integerFlag('HTTPS port of the API server; 0 takes any free one', 6443, { min: 0, max: 65_535 }),
  kubeconfig: stringFlag('Also write the admin kubeconfig to this file (default: <data-dir>/admin.kubeconfig only)'),
  'merge-kubeconfig': booleanFlag('Add the context "k8ts" to ~/.kube/config and make it current'),
  nodes: integerFlag('Number of nodes; 0 is allowed', 1, { min: 0, max: 5000 }),
  runtime: choiceFlag('Container runtime of the nodes', ['hollow'], 'hollow'),
  'cluster-cidr': stringFlag('Range of pod addresses', '10.244.0.0/16'),
  'default-storage-class': booleanFlag('Create the default StorageClass "standard" in a cluster that has no class', true),
  'load-balancer-pool': cidrsFlag('Ranges out of which services of type LoadBalancer get addresses', '10.240.0.0/24'),
}
const flags = { ...controllerManagerFlags, ...apiserverFlags, ...ownFlags }
type Values = FlagValues<typeof flags>

/** Set by `up` itself, so they may not be given. */
const derived = [
  'secure-port',
  'data-dir',
  'tls-cert-file',
  'tls-private-key-file',
  'client-ca-file',
  'kubelet-certificate-authority',
  'kubelet-client-certificate',
  'kubelet-client-key',
  'proxy-client-cert-file',
  'proxy-client-key-file',
  'requestheader-client-ca-file',
  'service-account-key-file',
  'service-account-signing-key-file',
  'allocate-node-cidrs',
  'leader-elect',
  'leader-elect-identity',
  'master',
  'root-ca-file',
  'service-account-private-key-file',
]

export const command = defineCommand({
  name: 'up',
  summary: 'Run a whole cluster: every component as its own process',
  notes: 'Flags of the apiserver and of the controller-manager may be given as well: they are handed on by name.',
  flags,
  async run(values, terminal, _words, given) {
    const directory = resolve(values['data-dir'])
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const started = terminal.clock.now()
    const port = values.port === 0 ? await freePort() : values.port
    await assertPortFree(port)
    const server = `https://127.0.0.1:${port}`
    const nodes = Array.from({ length: values.nodes }, (_, i) => `node-${i + 1}`)
    const files = ensureClusterFiles({ directory, now: started, server, nodes: nodes.slice(0, 1), ...serverNames(values) })
    const supervisor = new Supervisor({
      clock: terminal.clock,
      environment: childEnvironment(terminal.environment),
      entry: fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url)),
      logDirectory: join(directory, 'log'),
      onPids: (pids) => writeFileSync(join(directory, 'pids.json'), `${JSON.stringify(pids)}\n`, { mode: 0o600 }),
      onExit: (name, what) => terminal.print(`  ${name} ended (${what}), starting it again; see ${join(directory, 'log', `${name}.log`)}`),
    })
    const specs = processes(values, given, { directory, port, files, nodes })
    for (const spec of specs) supervisor.start(spec)
    try {
      await untilRunning(specs, supervisor, terminal, files, values, started)
      tellTheUser(values, terminal, directory, files, started)
      terminal.ready()
      await sleep(terminal.clock, 2 ** 31 - 1, terminal.signal).catch(() => {})
    } catch (error) {
      if (!terminal.signal.aborted) throw error
    } finally {
      await supervisor.stop()
    }
  },
})

function childEnvironment(environment: Terminal['environment']): NodeJS.ProcessEnv {
  return {
    // threads of Node that allocate in an arena each (glibc) cost 2 to 6 MB per process; one is enough for the little they ask for
    MALLOC_ARENA_MAX: '1',
    ...environment,
    // compiled code, entry file included, comes from the cache: faster, and 18 MB less per process
    NODE_COMPILE_CACHE: compileCacheDirectory(environment),
  }
}

interface Layout {
  directory: string
  port: number
  files: ClusterFiles
  nodes: readonly string[]
}

function processes(values: Values, given: ReadonlySet<string>, { directory, port, files, nodes }: Layout): ProcessSpec[] {
  const verbosity = [`--v=${(values as { v?: number }).v ?? 0}`]
  const worker = (name: string, identity: Parameters<ClusterFiles['kubeconfig']>[0], args: string[], stopOrder = 0): ProcessSpec => ({
    name,
    args: [name, '--kubeconfig', files.kubeconfig(identity), ...args, ...verbosity],
    stopOrder,
    // workers live on small, short-lived objects: a small nursery costs them nothing
    nodeFlags: ['--max-semi-space-size=1'],
  })
  // there is one of each here: a restarted one takes over its own lease and need not wait for it to run out
  const leader = `--leader-elect-identity=${hostname()}_${basename(directory)}`
  const specs: ProcessSpec[] = [
    {
      name: 'apiserver',
      args: ['apiserver', ...apiserverArguments(values, given, { directory, port, files }), ...verbosity],
      stopOrder: 1,
      nodeFlags: ['--max-semi-space-size=32'],
    },
    worker('controller-manager', 'controller-manager', [
      `--cluster-cidr=${values['cluster-cidr']}`,
      '--allocate-node-cidrs=true',
      leader,
      '--secure-port=0',
      `--load-balancer-pool=${values['load-balancer-pool']}`,
      // who names authorities of single signers names none for all
      ...(Object.keys(signingFlags).some((name) => name.endsWith('-file') && given.has(name))
        ? []
        : [`--cluster-signing-cert-file=${files.caCert}`, `--cluster-signing-key-file=${files.caKey}`]),
      `--root-ca-file=${files.caCert}`,
      `--service-account-private-key-file=${files.serviceAccountKey}`,
      `--service-cluster-ip-range=${values['service-cluster-ip-range']}`,
      ...handedOn(controllerManagerFlags, values, given, [
        ...derived,
        'cluster-cidr',
        'kubeconfig',
        'load-balancer-pool',
        'service-cluster-ip-range',
      ]),
    ]),
    worker('scheduler', 'scheduler', [leader]),
  ]
  if (nodes.length > 0) {
    specs.push(
      worker('kubelet', `kubelet-${nodes[0]!}`, [
        '--runtime=hollow',
        `--hostname-override=${nodes[0]}`,
        `--nodes=${nodes.length}`,
        '--address=127.0.0.1',
        `--client-ca-file=${files.caCert}`,
        `--tls-cert-file=${files.kubeletCert}`,
        `--tls-private-key-file=${files.kubeletKey}`,
      ]),
    )
    specs.push(worker('kube-proxy', 'kube-proxy', [`--hostname-override=${nodes[0]}`, '--proxy-mode=none']))
  }
  return specs
}

/** What was given, and what a one-machine cluster needs. */
function apiserverArguments(values: Values, given: ReadonlySet<string>, { directory, port, files }: Omit<Layout, 'nodes'>): string[] {
  for (const name of derived) if (name !== 'data-dir' && given.has(name)) throw new UsageError(`--${name} is set by "up" itself`)
  const fallback = (name: string, text: string) => (given.has(name) ? [] : [`--${name}=${text}`])
  return [
    ...handedOn(apiserverFlags, values, given, derived),
    ...fallback('bind-address', '127.0.0.1'),
    // addresses of hollow nodes are simulated; the name is that of this machine
    ...fallback('kubelet-preferred-address-types', 'InternalDNS,InternalIP,Hostname,ExternalDNS,ExternalIP'),
    `--secure-port=${port}`,
    `--data-dir=${directory}`,
    `--tls-cert-file=${files.serverCert}`,
    `--tls-private-key-file=${files.serverKey}`,
    `--client-ca-file=${files.caCert}`,
    `--kubelet-certificate-authority=${files.caCert}`,
    `--kubelet-client-certificate=${files.kubeletClientCert}`,
    `--kubelet-client-key=${files.kubeletClientKey}`,
    `--proxy-client-cert-file=${files.frontProxyCert}`,
    `--proxy-client-key-file=${files.frontProxyKey}`,
    `--requestheader-client-ca-file=${files.frontProxyCa}`,
    ...fallback('requestheader-allowed-names', 'front-proxy-client'),
    ...fallback('requestheader-username-headers', 'X-Remote-User'),
    ...fallback('requestheader-uid-headers', 'X-Remote-Uid'),
    ...fallback('requestheader-group-headers', 'X-Remote-Group'),
    ...fallback('requestheader-extra-headers-prefix', 'X-Remote-Extra-'),
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
  ]
}

function serverNames(values: Values) {
  const dnsNames = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']
  const range = values['service-cluster-ip-range'].split(',')[0]!.split('/')[0]!
  const first = range.replace(/\d+$/, (octet) => String(Number(octet) + 1))
  const addresses = new Set(['127.0.0.1', '::1', first, values['advertise-address'], values['bind-address'], hostAddress()])
  return {
    dnsNames,
    ipAddresses: [...addresses].filter((address) => /^[\d.]+$|:/.test(address) && address !== '0.0.0.0' && address !== '::'),
  }
}

async function untilRunning(
  specs: readonly ProcessSpec[],
  supervisor: Supervisor,
  terminal: Terminal,
  files: ClusterFiles,
  { nodes, 'default-storage-class': storageClass }: Values,
  started: number,
): Promise<void> {
  const { clock, signal, print } = terminal
  const seconds = () => `${((clock.now() - started) / 1000).toFixed(1)} s`
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  aborted.catch(() => {})
  await Promise.race([
    aborted,
    Promise.all(
      specs.map(async ({ name }) => {
        await supervisor.ready(name)
        print(`  ${name.padEnd(20)} ready  ${seconds()}`)
      }),
    ),
  ])
  const connection = connect('k8ts', { kubeconfig: files.kubeconfig('admin') }, clock)
  try {
    await serverReady(connection.client, clock, signal)
    if (storageClass) await ensureDefaultStorageClass(connection.client)
    while ((await readyNodes(connection.client)) < nodes) await sleep(clock, 20, signal)
    print(`${`  ${String(nodes).padStart(1)} ${nodes === 1 ? 'node' : 'nodes'}`.padEnd(23)}Ready  ${seconds()}`)
  } finally {
    await connection.close()
  }
}

interface NodeStatus {
  status?: { conditions?: { type: string; status: string }[] }
}

/** Asks by path: the kinds with all their rules would double this process. */
async function readyNodes(client: Client): Promise<number> {
  const { items } = (await client.raw('GET', '/api/v1/nodes?resourceVersion=0')) as { items: NodeStatus[] }
  return items.filter((node) => node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')).length
}

function tellTheUser(values: Values, terminal: Terminal, directory: string, files: ClusterFiles, started: number): void {
  const admin = files.kubeconfig('admin')
  const content = clusterAccess(parseKubeconfig(readFileSync(admin, 'utf8')))
  let exported = `export KUBECONFIG=${admin}`
  if (values.kubeconfig !== '') {
    writeFileSync(values.kubeconfig, readFileSync(admin), { mode: 0o600 })
    exported = `export KUBECONFIG=${resolve(values.kubeconfig)}`
  }
  if (values['merge-kubeconfig']) {
    const file = join(homedir(), '.kube', 'config')
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const existing = existsSync(file) ? readFileSync(file, 'utf8') : ''
    const { server, ca, cert, key } = content
    writeFileSync(file, mergeKubeconfig(existing, { name: 'k8ts', userName: 'admin', server, ca: ca!, cert: cert!, key: key! }), {
      mode: 0o600,
    })
    exported = 'kubectl config use-context k8ts'
  }
  const took = ((terminal.clock.now() - started) / 1000).toFixed(1)
  terminal.print(`\nThe cluster runs at ${content.server} (${took} s; data in ${directory}). Ctrl-C stops it. Now type:\n`)
  terminal.print(`  ${exported}`)
  terminal.print('  kubectl get nodes')
}
