// k8ts apiserver: upstream's flags over the embedded store.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { admissionFlagErrors } from '../../apiserver/admission/index.ts'
import { auditLogFile } from '../../apiserver/audit/log-file.ts'
import type { ServerOptions } from '../../apiserver/context.ts'
import { openApiServer, type RunOptions } from '../../apiserver/run.ts'
import { createCertificateAuthority, issueCertificate } from '../../pki/certificate.ts'
import { openEmbedded } from '../../storage/embedded/embedded.ts'
import { defineCommand, type Terminal } from '../command.ts'
import { type FlagValues, UsageError } from '../flags.ts'
import { hostAddress } from '../host-address.ts'
import { apiserverFlags } from './apiserver-flags.ts'

type Values = FlagValues<typeof apiserverFlags>

export const command = defineCommand({
  name: 'apiserver',
  summary: 'Serve the Kubernetes API',
  flags: apiserverFlags,
  async run(values, terminal) {
    const { clock, random, log, signal } = terminal
    const errors = admissionFlagErrors(values['enable-admission-plugins'], values['disable-admission-plugins'])
    if (errors.length > 0) throw new UsageError(errors.join(', '))
    const options = serverOptions(values, terminal)
    mkdirSync(values['data-dir'], { recursive: true, mode: 0o700 })
    const audit = await auditOptions(values, terminal)
    const storage = await openEmbedded({ path: join(values['data-dir'], 'store'), clock })
    const server = await openApiServer({
      ...options,
      ...audit,
      storage,
      clock,
      random,
      log,
      ...(values['token-auth-file'] === '' ? {} : { tokenFileText: readText('token-auth-file', values['token-auth-file']) }),
      kubelet: kubeletAccess(values),
      ...aggregationOptions(values),
      enableMetricsApi: values['enable-metrics-api'],
      runtimeConfig: values['runtime-config'],
      enablePriorityAndFairness: values['enable-priority-and-fairness'],
      maxRequestsInflight: values['max-requests-inflight'],
      maxMutatingRequestsInflight: values['max-mutating-requests-inflight'],
      serviceAccountKeys: values['service-account-key-file'].map((file) => readText('service-account-key-file', file)),
    })
    const url = await server.listen()
    log.info({ url }, 'serving')
    terminal.ready()
    await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })))
    await server.close()
    await storage.close()
  },
})

function serverOptions(values: Values, terminal: Terminal): Partial<ServerOptions> {
  const [from = 0, to = 0] = portRange(values['service-node-port-range'])
  const bindAddress = values['bind-address']
  const specific = bindAddress !== '0.0.0.0' && bindAddress !== '::' && !bindAddress.startsWith('127.') && bindAddress !== '::1'
  // endpoints may not be loopback addresses, so a server bound to one advertises the machine's
  const advertiseAddress = values['advertise-address'] || (specific ? bindAddress : hostAddress())
  return {
    bindAddress,
    advertiseAddress,
    securePort: values['secure-port'],
    serviceClusterIpRange: values['service-cluster-ip-range'].split(','),
    serviceNodePortRange: { from, to },
    anonymousAuth: values['anonymous-auth'],
    enableAdmissionPlugins: values['enable-admission-plugins'],
    disableAdmissionPlugins: values['disable-admission-plugins'],
    serviceAccountIssuer: values['service-account-issuer'],
    apiAudiences: values['api-audiences'],
    legacyApis: values['legacy-apis'],
    minRequestTimeoutSeconds: values['min-request-timeout'],
    requestTimeoutMs: values['request-timeout'],
    shutdownDelayMs: values['shutdown-delay-duration'],
    ...(values['service-account-signing-key-file'] === ''
      ? {}
      : { serviceAccountSigningKey: readText('service-account-signing-key-file', values['service-account-signing-key-file']) }),
    ...(values['insecure-http'] ? {} : { tls: tlsOptions(values, terminal, advertiseAddress) }),
  }
}

/** How this server proves itself to kubelets. */
function kubeletAccess(values: Values): NonNullable<RunOptions['kubelet']> {
  const read = (flag: 'kubelet-client-certificate' | 'kubelet-client-key' | 'kubelet-certificate-authority') =>
    values[flag] === '' ? undefined : readText(flag, values[flag])
  const [cert, key, ca] = [read('kubelet-client-certificate'), read('kubelet-client-key'), read('kubelet-certificate-authority')]
  return {
    preferredAddressTypes: values['kubelet-preferred-address-types'],
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
  }
}

/** How this server proves itself to the servers of APIServices, and which proxies before it are believed. */
function aggregationOptions(values: Values): Pick<RunOptions, 'aggregation' | 'requestHeader'> {
  const { 'proxy-client-cert-file': cert, 'proxy-client-key-file': key } = values
  if ((cert === '') !== (key === '')) throw new UsageError('--proxy-client-cert-file and --proxy-client-key-file belong together')
  return {
    aggregation: {
      rejectForwardingRedirects: values['aggregator-reject-forwarding-redirect'],
      ...(cert === ''
        ? {}
        : { proxyClient: { cert: readText('proxy-client-cert-file', cert), key: readText('proxy-client-key-file', key) } }),
    },
    ...(values['requestheader-client-ca-file'] === ''
      ? {}
      : {
          requestHeader: {
            allowedNames: values['requestheader-allowed-names'],
            usernameHeaders: values['requestheader-username-headers'],
            uidHeaders: values['requestheader-uid-headers'],
            groupHeaders: values['requestheader-group-headers'],
            extraHeadersPrefixes: values['requestheader-extra-headers-prefix'],
          },
        }),
  }
}

/** Both the policy and the path, or nothing is audited. */
async function auditOptions(values: Values, { clock, log }: Terminal): Promise<Pick<RunOptions, 'auditPolicyText' | 'auditSink'>> {
  const { 'audit-policy-file': policy, 'audit-log-path': path } = values
  if (policy === '') return {}
  const auditPolicyText = readText('audit-policy-file', policy)
  const { auditPolicy } = await import('../../apiserver/audit/policy.ts')
  try {
    auditPolicy(auditPolicyText)
  } catch (error) {
    throw new UsageError(`--audit-policy-file: ${(error as Error).message}: from file ${policy}`)
  }
  if (path === '') {
    log.warn({}, 'An audit policy without --audit-log-path logs nothing')
    return {}
  }
  const limits = {
    maxSizeMegabytes: values['audit-log-maxsize'],
    maxBackups: values['audit-log-maxbackup'],
    maxAgeDays: values['audit-log-maxage'],
  }
  return { auditPolicyText, auditSink: await auditLogFile({ path, ...limits, now: () => clock.now(), log }) }
}

function tlsOptions(values: Values, terminal: Terminal, address: string): NonNullable<ServerOptions['tls']> {
  const proxies = values['requestheader-client-ca-file']
  const clientCa = {
    ...(values['client-ca-file'] === '' ? {} : { clientCa: readText('client-ca-file', values['client-ca-file']) }),
    ...(proxies === '' ? {} : { requestHeaderCa: readText('requestheader-client-ca-file', proxies) }),
  }
  if (values['tls-cert-file'] !== '' && values['tls-private-key-file'] !== '') {
    return {
      cert: readText('tls-cert-file', values['tls-cert-file']),
      key: readText('tls-private-key-file', values['tls-private-key-file']),
      ...clientCa,
    }
  }
  if (values['tls-cert-file'] !== values['tls-private-key-file'])
    throw new UsageError('--tls-cert-file and --tls-private-key-file belong together')
  return { ...selfSigned(terminal.clock.now(), address), ...clientCa }
}

/** A certificate of an authority that nobody keeps: good for one run, for clients that do not verify. */
function selfSigned(now: number, address: string): { cert: string; key: string } {
  const validity = { notBefore: now - 60_000, notAfter: now + 365 * 86_400_000 }
  const ca = createCertificateAuthority({ commonName: 'k8ts self-signed', ...validity })
  const names = {
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    ipAddresses: [...new Set(['127.0.0.1', address])],
  }
  const issued = issueCertificate({ ca, commonName: address, usages: ['server'], ...names, ...validity })
  return { cert: issued.certificatePem, key: issued.privateKeyPem }
}

function portRange(text: string): number[] {
  const match = /^(\d+)-(\d+)$/.exec(text)
  const [from, to] = [Number(match?.[1]), Number(match?.[2])]
  if (match === null || from > to || to > 65_535)
    throw new UsageError(`invalid argument ${JSON.stringify(text)} for "--service-node-port-range" flag: not a valid port range`)
  return [from, to]
}

function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`--${flag}: ${(error as Error).message}`)
  }
}
