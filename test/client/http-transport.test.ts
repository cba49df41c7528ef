// The transport over Node's HTTP client, against a small TLS server: trust, streams that end early, aborts, connections used again.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { openTransport } from '../../src/client/http-transport.ts'
import { readAll } from '../../src/client/rest.ts'
import { createCertificateAuthority, issueCertificate } from '../../src/pki/certificate.ts'

const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
const ca = createCertificateAuthority({ commonName: 'test', ...validity })
const identity = issueCertificate({ ca, commonName: 'server', usages: ['server'], ipAddresses: ['127.0.0.1'], ...validity })
let server: Server
let url: string
let connections = 0
let ended = 0

before(async () => {
  server = createServer({ cert: identity.certificatePem, key: identity.privateKeyPem }, (request, response) => {
    if (request.url?.endsWith('/watch') === true) {
      response.write('first\n')
      response.on('close', () => ended++)
    } else if (request.url === '/broken') {
      response.write('half')
      setImmediate(() => request.socket.destroy())
    } else {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => response.end(`${request.method} ${request.url} ${request.headers['x-test'] ?? ''} ${Buffer.concat(pieces)}`))
    }
  })
  server.on('secureConnection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const text = async (body: AsyncIterable<Uint8Array>) => Buffer.from(await readAll(body)).toString()
const get = (path: string, signal?: AbortSignal) => ({ method: 'GET', path, headers: {}, ...(signal === undefined ? {} : { signal }) })

test('requests travel whole, under the path of the server, and one connection serves one after the other', async () => {
  const { transport, close } = openTransport({ server: `${url}/prefix/`, ca: ca.certificatePem })
  const before = connections
  for (const [method, body] of [
    ['POST', 'one'],
    ['DELETE', 'twö'],
    ['GET', ''],
  ] as const) {
    const response = await transport({ method, path: '/api?x=1', headers: { 'x-test': 'yes' }, ...(body === '' ? {} : { body }) })
    assert.equal(response.status, 200)
    assert.equal(await text(response.body), `${method} /prefix/api?x=1 yes ${body}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(connections - before, 1)
  await close()
})

test('connections opened by a burst serve the next one', async () => {
  const { transport, close } = openTransport({ server: url, ca: ca.certificatePem })
  const burst = () => Promise.all(Array.from({ length: 40 }, async () => text((await transport(get('/'))).body)))
  await burst()
  await new Promise((resolve) => setImmediate(resolve))
  const before = connections
  await burst()
  assert.equal(connections - before, 0)
  await close()
})

test('a server of another authority is not trusted, unless told so', async () => {
  const strict = openTransport({ server: url })
  await assert.rejects(strict.transport(get('/')), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  const lax = openTransport({ server: url, insecureSkipTlsVerify: true })
  assert.equal((await lax.transport(get('/'))).status, 200)
  await Promise.all([strict.close(), lax.close()])
})

test('a stream ends at the server when its reader leaves or aborts', async () => {
  const { transport, close } = openTransport({ server: url, ca: ca.certificatePem })
  const left = await transport(get('/watch'))
  for await (const piece of left.body) {
    assert.equal(Buffer.from(piece).toString(), 'first\n')
    break
  }
  const abort = new AbortController()
  const aborted = await transport(get('/watch', abort.signal))
  await assert.rejects(async () => {
    for await (const _ of aborted.body) abort.abort()
  })
  while (ended < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  await close()
})

test('an answer that breaks off is an error, and so is none', async () => {
  const { transport, close } = openTransport({ server: url, ca: ca.certificatePem })
  const { body } = await transport(get('/broken'))
  await assert.rejects(text(body), { code: 'ECONNRESET' })
  await assert.rejects(transport(get('/', AbortSignal.abort())), { name: 'AbortError' })
  const { transport: nowhere, close: closeNowhere } = openTransport({ server: 'https://127.0.0.1:1', ca: ca.certificatePem })
  await assert.rejects(nowhere(get('/')), { code: 'ECONNREFUSED' })
  await Promise.all([close(), closeNowhere()])
})
