// The keys and kubeconfigs of a cluster's data directory, under kubeadm's names. Made once, kept for ever; private files are 0600.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { kubeconfigText } from '../client/kubeconfig.ts'
import { type CertificateAuthority, createCertificateAuthority, issueCertificate, loadCertificateAuthority } from '../pki/certificate.ts'
import { generateKeyPair, privateKeyPem, publicKeyPem } from '../pki/keys.ts'

const dayMs = 86_400_000
/** As kubeadm: CAs for ten years, leaves for one. */
const authorityDays = 3650
const leafDays = 365
/** A leaf that ends sooner than this is made anew at start. */
const renewDays = 30

/** Kubeconfig users by file name: common name and organizations of their client certificates, as kubeadm gives them. */
const identities = {
  admin: { commonName: 'kubernetes-admin', organizations: ['system:masters'] },
  'controller-manager': { commonName: 'system:kube-controller-manager', organizations: [] },
  scheduler: { commonName: 'system:kube-scheduler', organizations: [] },
  'kube-proxy': { commonName: 'system:kube-proxy', organizations: [] },
} as const

export interface ClusterFiles {
  caCert: string
  caKey: string
  serverCert: string
  serverKey: string
  /** What the API server shows to kubelets. */
  kubeletClientCert: string
  kubeletClientKey: string
  /** Of the kubelets' servers. */
  kubeletCert: string
  kubeletKey: string
  /** The authority of proxies, and what the API server shows to the servers of APIServices. */
  frontProxyCa: string
  frontProxyCert: string
  frontProxyKey: string
  serviceAccountKey: string
  serviceAccountPublicKey: string
  /** Path of a kubeconfig by identity; `kubelet-<node>` for nodes. */
  kubeconfig: (identity: keyof typeof identities | `kubelet-${string}`) => string
}

export interface ClusterFilesOptions {
  directory: string
  now: number
  /** URL that the kubeconfigs name. */
  server: string
  /** Names and addresses of the server certificate. */
  dnsNames: readonly string[]
  ipAddresses: readonly string[]
  nodes: readonly string[]
}

type Leaf = Omit<Parameters<typeof issueCertificate>[0], 'ca' | 'notBefore' | 'notAfter'> & { ca?: CertificateAuthority }

/** Makes what is missing or about to expire; returns the paths. */
export function ensureClusterFiles(options: ClusterFilesOptions): ClusterFiles {
  const { directory, now } = options
  const pki = join(directory, 'pki')
  mkdirSync(pki, { recursive: true, mode: 0o700 })
  const file = (name: string) => join(pki, name)
  const ca = authority('kubernetes', file('ca.crt'), file('ca.key'), now)
  const frontProxyCa = authority('front-proxy-ca', file('front-proxy-ca.crt'), file('front-proxy-ca.key'), now)
  const validity = { notBefore: now - 60_000, notAfter: now + leafDays * dayMs }

  // the addresses may change between starts, so the server certificate is always made anew: 1 ms
  const server = issueCertificate({
    ca,
    commonName: 'kube-apiserver',
    usages: ['server'],
    dnsNames: options.dnsNames,
    ipAddresses: options.ipAddresses,
    ...validity,
  })
  writePublic(file('apiserver.crt'), server.certificatePem)
  writePrivate(file('apiserver.key'), server.privateKeyPem)
  const kubelets = { commonName: `system:node:${options.nodes[0] ?? ''}`, organizations: ['system:nodes'] }
  const leaves = {
    'apiserver-kubelet-client': { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'], usages: ['client'] },
    'front-proxy-client': { commonName: 'front-proxy-client', usages: ['client'], ca: frontProxyCa },
    kubelet: { ...kubelets, usages: ['server'], dnsNames: ['localhost', hostname()], ipAddresses: options.ipAddresses },
  } satisfies Record<string, Leaf>
  for (const [name, { ca: signer = ca, ...leaf }] of Object.entries<Leaf>(leaves)) {
    const issued = issueCertificate({ ca: signer, ...leaf, ...validity })
    writePublic(file(`${name}.crt`), issued.certificatePem)
    writePrivate(file(`${name}.key`), issued.privateKeyPem)
  }
  if (!existsSync(file('sa.key'))) {
    const pair = generateKeyPair()
    writePrivate(file('sa.key'), privateKeyPem(pair.privateKey))
    writePublic(file('sa.pub'), publicKeyPem(pair.publicKey))
  }

  const kubeconfig = (identity: string) => join(directory, `${identity}.kubeconfig`)
  const nodes = Object.fromEntries(
    options.nodes.map((node) => [`kubelet-${node}`, { commonName: `system:node:${node}`, organizations: ['system:nodes'] }]),
  )
  for (const [identity, subject] of Object.entries({ ...identities, ...nodes })) {
    const issued = issueCertificate({ ca, ...subject, usages: ['client'], ...validity })
    const text = kubeconfigText({
      name: 'k8ts',
      userName: identity,
      server: options.server,
      ca: ca.certificatePem,
      cert: issued.certificatePem,
      key: issued.privateKeyPem,
    })
    writePrivate(kubeconfig(identity), text)
  }
  return {
    caCert: file('ca.crt'),
    caKey: file('ca.key'),
    serverCert: file('apiserver.crt'),
    serverKey: file('apiserver.key'),
    kubeletClientCert: file('apiserver-kubelet-client.crt'),
    kubeletClientKey: file('apiserver-kubelet-client.key'),
    kubeletCert: file('kubelet.crt'),
    kubeletKey: file('kubelet.key'),
    frontProxyCa: file('front-proxy-ca.crt'),
    frontProxyCert: file('front-proxy-client.crt'),
    frontProxyKey: file('front-proxy-client.key'),
    serviceAccountKey: file('sa.key'),
    serviceAccountPublicKey: file('sa.pub'),
    kubeconfig,
  }
}

function authority(commonName: string, certFile: string, keyFile: string, now: number): CertificateAuthority {
  if (existsSync(certFile) && existsSync(keyFile)) {
    const ca = loadCertificateAuthority(readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8'))
    if (Date.parse(ca.certificate.validTo) - now > renewDays * dayMs) return ca
  }
  const ca = createCertificateAuthority({ commonName, notBefore: now - 60_000, notAfter: now + authorityDays * dayMs })
  writePublic(certFile, ca.certificatePem)
  writePrivate(keyFile, ca.privateKeyPem)
  return ca
}

function writePrivate(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 })
}

function writePublic(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o644 })
}
