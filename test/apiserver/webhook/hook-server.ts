// A webhook on a port of its own, with a certificate of its own authority: answers each review by a function, and remembers what it was asked.

import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createCertificateAuthority, issueCertificate } from '../../../src/pki/certificate.ts'

const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
const ca = createCertificateAuthority({ commonName: 'hooks', ...validity })
const served = issueCertificate({
  ca,
  commonName: 'hook',
  dnsNames: ['hook.hooks.svc'],
  ipAddresses: ['127.0.0.1'],
  usages: ['server'],
  ...validity,
})

// biome-ignore lint/suspicious/noExplicitAny: reviews of every shape are looked into
type Json = any

/** What a hook answers: a body, or an HTTP code with text. */
export type HookAnswer = { body: Json } | { code: number; text: string; headers?: Record<string, string> }

export interface HookServer {
  url: string
  port: number
  /** PEM of the authority, in base64. */
  caBundle: string
  /** Bodies received, and the URLs they came to. */
  calls: { url: string; body: Json; headers: Record<string, string | string[] | undefined> }[]
  /** Replaced by tests as they go. */
  answer: (review: Json, url: string) => HookAnswer | Promise<HookAnswer>
  close: () => Promise<void>
}

export async function hookServer(answer: HookServer['answer']): Promise<HookServer> {
  const hook = { calls: [], answer } as unknown as HookServer
  const server = createServer({ cert: served.certificatePem, key: served.privateKeyPem }, async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const body = JSON.parse(Buffer.concat(pieces).toString())
    hook.calls.push({ url: request.url ?? '', body, headers: request.headers })
    const given = await hook.answer(body, request.url ?? '')
    if ('body' in given) response.setHeader('content-type', 'application/json').end(JSON.stringify(given.body))
    else response.writeHead(given.code, given.headers ?? {}).end(given.text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(hook, {
    port,
    url: `https://127.0.0.1:${port}`,
    caBundle: Buffer.from(ca.certificatePem).toString('base64'),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}
