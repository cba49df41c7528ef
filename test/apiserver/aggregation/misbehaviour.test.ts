// Servers behind this one that do what they should not: it survives, its clients get an answer or an end, and it keeps nothing of them.
import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { createCertificateAuthority, issueCertificate } from '../../../src/pki/certificate.ts'
import { type AggregatingServer, flunders, group, startAggregating, until, version } from './extension-server.ts'

const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
const ca = createCertificateAuthority({ commonName: 'ca', ...validity })
const serving = issueCertificate({ ca, commonName: 'x', usages: ['server'], dnsNames: ['wardle.default.svc'], ...validity })
const megabyte = 'x'.repeat(1 << 20)
const head = (more: string) => `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${more}\r\n`

/** By the last word of the path: what is written to the raw connection. */
const acts: Record<string, (socket: TLSSocket) => void> = {
  ends: (socket) => socket.destroy(),
  garbage: (socket) => socket.end('nonsense\r\n\r\n'),
  headers: (socket) => socket.end(head(`X-Long: ${megabyte}\r\n`)),
  switches: (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
  breaks: (socket) => socket.write(head('Content-Length: 100\r\n'), () => socket.write('half', () => socket.destroy())),
  odd: (socket) => socket.end('HTTP/1.1 099 Odd\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nno'),
  much: (socket) => {
    socket.write(head('Transfer-Encoding: chunked\r\n'))
    for (let i = 0; i < 8; i++) socket.write(`100000\r\n${megabyte}\r\n`)
    socket.end('0\r\n\r\n')
  },
}

let k: AggregatingServer
const server = createServer({ cert: serving.certificatePem, key: serving.privateKeyPem })
const discovery = { aggregated: '', plain: '', asked: 0 }
before(async () => {
  server.on('request', (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const act = acts[path.split('/').at(-1) ?? '']
    if (act !== undefined) return act(request.socket as TLSSocket)
    if (path === '/apis') discovery.asked++
    const type = path === '/apis' ? 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' : 'application/json'
    response.writeHead(200, { 'content-type': type }).end(path === '/apis' ? discovery.aggregated : discovery.plain)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  k = await startAggregating()
  await k.register((server.address() as AddressInfo).port, { caBundle: Buffer.from(ca.certificatePem).toString('base64') })
  await k.untilAvailable(`${version}.${group}`, 'Passed')
})
after(async () => {
  await k.close()
  server.close()
  server.closeAllConnections()
})

describe('an answer that', () => {
  const table: { act: string; want: RegExp | number }[] = [
    { act: 'ends', want: /^error trying to reach service: (EOF|read tcp)/ },
    { act: 'garbage', want: /^error trying to reach service: / },
    { act: 'headers', want: /^error trying to reach service: / },
    { act: 'switches', want: /^error trying to reach service: EOF/ },
    { act: 'odd', want: /^error trying to reach service: / },
    { act: 'much', want: 8 << 20 },
  ]
  for (const { act, want } of table) {
    it(act, async () => {
      const { code, text, headers } = await k.call('GET', `${flunders}/${act}`)
      if (typeof want === 'number') assert.deepEqual([code, text.length], [200, want])
      else {
        assert.match(text, want)
        assert.deepEqual([code, headers['content-encoding']], [503, undefined])
      }
    })
  }

  it('breaks off is not taken for whole', async () => {
    await assert.rejects(k.call('GET', `${flunders}/breaks`))
  })
})

describe('discovery that', () => {
  const table = [
    { name: 'is nonsense', aggregated: 'nonsense' },
    { name: 'is deep', aggregated: `${'['.repeat(100_000)}${']'.repeat(100_000)}` },
    { name: 'is too large', aggregated: `{"kind":"APIGroupDiscoveryList","x":"${megabyte.repeat(5)}"}` },
    { name: 'is of another kind', aggregated: '{"kind":"PodList","items":[]}' },
  ]
  for (const [index, { name, aggregated }] of table.entries())
    it(`${name} leaves the group stale`, async () => {
      Object.assign(discovery, { aggregated, asked: 0 })
      const spec = { insecureSkipTLSVerify: true, caBundle: null, service: { name: `wardle-${index}` } }
      const service = { metadata: { name: `wardle-${index}` }, spec: { type: 'ExternalName', externalName: 'localhost' } }
      await k.call('POST', '/api/v1/namespaces/default/services', service)
      const path = `/apis/apiregistration.k8s.io/v1/apiservices/${version}.${group}`
      await k.call('PATCH', path, { spec }, { 'content-type': 'application/merge-patch+json' })
      // asked again: the first answer has been refused
      await until(async () => (discovery.asked > 1 ? true : undefined))
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
      const found = await until(async () => {
        const { body } = await k.call('GET', '/apis', undefined, { accept })
        return body.items.find((item: { metadata: { name: string } }) => item.metadata.name === group)
      })
      assert.deepEqual(found.versions, [{ version, freshness: 'Stale' }])
      assert.equal((await k.call('GET', '/openapi/v3')).code, 200)
      assert.equal((await k.call('GET', '/openapi/v2')).code, 200)
    })
})
