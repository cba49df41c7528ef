// Hostile connections: what is no HTTP, requests that hide others, headers without end, sockets that are never read or never finished
// (guarantees 5.2: 1, 5, 6, 16, 17).
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Attacked, authorization, calmly, startAttacked } from './attacked-server.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const own = `Host: x\r\nAuthorization: ${authorization}\r\n`
const mergePatch = { 'content-type': 'application/merge-patch+json' }

let k: Attacked
before(async () => {
  k = await startAttacked()
  await k.ask('POST', maps, '{"metadata":{"name":"w"},"data":{"a":"b"}}', { 'content-type': 'application/json' })
})
after(async () => {
  assert.equal((await k.ask('GET', `${maps}/w`)).code, 200, 'the server lives')
  await k.close()
})

const connections = () => new Promise<number>((resolve) => k.server.fastify.server.getConnections((_error, count) => resolve(count)))

async function closed(most = 0): Promise<void> {
  for (let i = 0; i < 100 && (await connections()) > most; i++) await wait(20)
  assert.ok((await connections()) <= most, 'connections are closed')
}

describe('raw bytes', () => {
  const status = (text: string) => text.match(/HTTP\/1\.1 \d+/g)?.map((line) => Number(line.slice(9))) ?? []
  const post = (headers: string, body: string) => `POST ${maps} HTTP/1.1\r\n${own}${headers}\r\n${body}`
  const inner = `GET /api/v1/secrets HTTP/1.1\r\n${own}\r\n`
  for (const { name, bytes, want } of [
    { name: 'a length and chunks', bytes: post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${inner}`), want: [400] },
    { name: 'two lengths', bytes: post('Content-Length: 4\r\nContent-Length: 5\r\n', 'abcde'), want: [400] },
    { name: 'a negative length', bytes: post('Content-Length: -4\r\n', 'abcde'), want: [400] },
    { name: 'an unknown encoding', bytes: post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${inner}`), want: [400] },
    { name: 'a chunk of 2^68 bytes', bytes: post('Transfer-Encoding: chunked\r\n', 'FFFFFFFFFFFFFFFFF\r\n{\r\n'), want: [400] },
    { name: 'endless chunk extensions', bytes: post('Transfer-Encoding: chunked\r\n', `1;${'a'.repeat(100_000)}\r\n{\r\n`), want: [400] },
    { name: 'a folded header', bytes: `GET /version HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n`, want: [400] },
    { name: 'a space before the colon', bytes: `GET /version HTTP/1.1\r\nHost : x\r\n\r\n`, want: [400] },
    { name: 'bare line feeds', bytes: `GET /version HTTP/1.1\n${own.replaceAll('\r', '')}\n`, want: [400] },
    { name: 'a NUL in the path', bytes: `GET /api/\0 HTTP/1.1\r\n${own}\r\n`, want: [400] },
    { name: 'the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', want: [400] },
    {
      name: 'thousands of headers',
      bytes: `GET /version HTTP/1.1\r\n${own}${Array.from({ length: 6000 }, (_, i) => `X${i}: a\r\n`).join('')}\r\n`,
      want: [431],
    },
    { name: 'a body announced with 99 GB', bytes: post('Content-Length: 99999999999\r\n', ''), want: [413] },
    { name: 'an expectation nobody meets', bytes: post('Expect: 200-ok\r\nContent-Length: 2\r\n', '{}'), want: [417] },
    {
      name: 'a second Authorization header',
      bytes: `GET ${maps} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer nope\r\nAuthorization: ${authorization}\r\n\r\n`,
      want: [401],
    },
    {
      name: 'a refused upgrade with a request behind it',
      bytes: `GET /version HTTP/1.1\r\n${own}Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n${inner}`,
      want: [200],
    },
    {
      name: 'a WebSocket without a key',
      bytes: `GET ${maps}?watch=1 HTTP/1.1\r\n${own}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      want: [400],
    },
    { name: 'pipelined requests', bytes: Array(50).fill(`GET /version HTTP/1.1\r\n${own}\r\n`).join(''), want: Array(50).fill(200) },
  ]) {
    it(`${name}: ${want.length > 3 ? `${want.length} answers` : want}`, async () => {
      const heard = await calmly(() =>
        k.raw(bytes, {
          until: want.length > 3 ? { test: (text: string) => text.split('HTTP/1.1 200').length > want.length } : /\r\n\r\n/,
          forMs: 2000,
        }),
      )
      assert.deepEqual(status(heard), want, heard.slice(0, 300))
      assert.ok(!heard.includes('SecretList'))
    })
  }
  it('nothing of it stays open', () => closed())
})

describe('methods and encodings', () => {
  for (const method of ['OPTIONS', 'TRACE', 'PROPFIND', 'LINK', 'M-SEARCH']) {
    it(`${method} is 405`, async () => assert.equal((await k.ask(method, maps)).code, 405))
  }
  it('HEAD has no body', async () => {
    const { code, text } = await k.ask('HEAD', maps)
    assert.deepEqual([code, text], [200, ''])
  })
  it('a compressed body is not unpacked: upstream reads it as it is', async () => {
    const bomb = Buffer.from('H4sIAAAAAAAAA6tWyk0tSUxJLElUsqpWykvMTVWyUkpUqq0FAF4bNAQaAAAA', 'base64')
    const { code, body } = await k.ask('POST', maps, bomb, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    assert.deepEqual([code, body.reason], [400, 'BadRequest'])
  })
  it('Expect: 100-continue is met', async () => {
    const { code } = await k.ask('POST', `${maps}?dryRun=All`, '{"metadata":{"name":"e"}}', {
      expect: '100-continue',
      'content-type': 'application/json',
    })
    assert.equal(code, 201)
  })
})

describe('paths and parameters', () => {
  for (const [path, want] of [
    [`${maps}/..%2Fsecrets`, 404],
    [`${maps}/%2e%2e`, 400],
    ['/api/v1/namespaces/..%2f..%2f/configmaps', 404],
    ['/api/v1//namespaces/default/configmaps', 404],
    [`${maps}/%00`, 404],
    [`${maps}/%c0%ae`, 400],
    [`${maps}/%`, 400],
    ['/api/v1/namespaces/default/nodes', 404],
    ['/api/v1/namespaces/default/nodes/n', 404],
    ['/api/v1/configmaps/w', 404],
    ['/apis/__proto__/v1/x', 404],
    ['/api/v1/constructor', 404],
    [`${maps}/${'a'.repeat(50_000)}`, 404],
    [`/${'a/'.repeat(30_000)}`, 404],
    [`${maps}?limit=${'9'.repeat(1000)}`, 400],
    [`${maps}?continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../../secrets/x"}').toString('base64url')}`, 400],
    [`${maps}?continue=${'A'.repeat(60_000)}`, 400],
    [`${maps}?labelSelector=${encodeURIComponent(`a in (${Array.from({ length: 8000 }, (_, i) => `v${i}`).join(',')})`)}`, 200],
    [`${maps}?labelSelector=${'('.repeat(20_000)}`, 400],
    [`${maps}?fieldSelector=${','.repeat(20_000)}`, 200],
    [`${maps}?${'a=b&'.repeat(20_000)}`, 200],
  ] as const) {
    it(`${path.slice(0, 70)}: ${want}`, async () => {
      const { code, text } = await calmly(() => k.ask('GET', path))
      assert.equal(code, want, text.slice(0, 300))
      assert.ok(!text.includes('"kind":"Secret"'))
    })
  }
  it('a field manager of 30 000 odd letters is told once', async () => {
    const path = `${maps}?fieldManager=${'%00'.repeat(30_000)}`
    const { code, text } = await calmly(() => k.ask('POST', path, '{"metadata":{"name":"f"}}', { 'content-type': 'application/json' }))
    assert.equal(code, 422)
    assert.ok(text.length < 1000)
  })
})

describe('clients that do not read, do not finish, or go', () => {
  it('uploads and lists that break off leave nothing behind', async () => {
    await calmly(async () => {
      for (let i = 0; i < 20; i++) {
        const upload = await k.open()
        upload.on('error', () => {})
        upload.write(`POST ${maps} HTTP/1.1\r\n${own}Content-Length: 500\r\n\r\n{`)
        const list = await k.open()
        list.on('error', () => {})
        list.write(`GET ${maps} HTTP/1.1\r\n${own}\r\n`)
        upload.destroy()
        list.destroy()
      }
    })
    await closed()
  })

  it('headers that never end keep no one else waiting', async () => {
    const sockets = await Promise.all(Array.from({ length: 40 }, () => k.open()))
    for (const socket of sockets) socket.on('error', () => {}).write('GET /version HTTP/1.1\r\nX: ')
    assert.equal((await k.ask('GET', '/version')).code, 200)
    const { headersTimeout, requestTimeout, keepAliveTimeout } = k.server.fastify.server
    assert.deepEqual([headersTimeout, requestTimeout, keepAliveTimeout], [32_000, 60_000, 90_000])
    for (const socket of sockets) socket.destroy()
    await closed()
  })

  it('hundreds of watches see one change, and go', async () => {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => k.open()))
    let seen = 0
    for (const socket of sockets) {
      socket.on('error', () => {}).on('data', (piece) => (seen += piece.toString().split('"MODIFIED"').length - 1))
      socket.write(`GET ${maps}?watch=1&resourceVersion=0 HTTP/1.1\r\n${own}\r\n`)
    }
    await wait(100)
    await calmly(async () => {
      await k.ask('PATCH', `${maps}/w`, '{"data":{"x":"y"}}', mergePatch)
      for (let i = 0; i < 100 && seen < 200; i++) await wait(10)
    })
    assert.equal(seen, 200)
    for (const socket of sockets) socket.destroy()
    await closed()
    assert.equal([...k.server.context.cache.bucket(k.server.context.registry.byKind('v1', 'ConfigMap')!.kind).watchers].length, 0)
  })

  it('a watch that is not read holds no more than its history', async () => {
    const socket = await k.open()
    socket.on('error', () => {}).pause()
    socket.write(`GET ${maps}?watch=1&resourceVersion=0 HTTP/1.1\r\n${own}\r\n`)
    await wait(50)
    const before = process.memoryUsage().external
    for (let i = 0; i < 60; i++) {
      const big = createHash('sha256').update(String(i)).digest('hex').repeat(8000)
      assert.equal((await k.admin('PATCH', `${maps}/w`, { data: { big } }, mergePatch)).code, 200)
    }
    // 60 revisions of half a megabyte: they are held once (storage, history), not once more for the reader.
    assert.ok(process.memoryUsage().external - before < 120e6, String(process.memoryUsage().external - before))
    socket.destroy()
    await k.ask('PATCH', `${maps}/w`, '{"data":{"big":null}}', mergePatch)
    await closed()
  })
})

describe('WebSocket abuse', () => {
  const frame = (opcode: number, length: number, claimed = length) => {
    const head = Buffer.alloc(14)
    head[0] = opcode
    head[1] = 0xff
    head.writeBigUInt64BE(BigInt(claimed), 2)
    return Buffer.concat([claimed < 126 ? Buffer.from([opcode, 0x80 | claimed, 0, 0, 0, 0]) : head, Buffer.alloc(length)])
  }
  const handshake = `GET ${maps}?watch=1 HTTP/1.1\r\n${own}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
  for (const { name, bytes, closes } of [
    { name: 'a frame of a terabyte', bytes: frame(0x82, 0, 2 ** 40), closes: true },
    { name: 'a frame of a megabyte', bytes: frame(0x82, 1_000_000), closes: true },
    { name: 'frames without a mask', bytes: Buffer.from([0x81, 1, 65]), closes: true },
    { name: 'broken UTF-8', bytes: Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff]), closes: true },
    {
      name: 'a hundred thousand empty fragments',
      bytes: Buffer.concat([frame(0x02, 0), ...Array(100_000).fill(frame(0, 0))]),
      closes: true,
    },
    { name: 'a flood of pings', bytes: Buffer.concat(Array(5000).fill(frame(0x89, 100))), closes: undefined },
  ]) {
    it(name, async () => {
      const socket = await k.open()
      let open = true
      socket
        .on('error', () => {})
        .on('close', () => (open = false))
        .resume()
      socket.write(handshake)
      await wait(30)
      await calmly(async () => {
        socket.write(bytes)
        for (let i = 0; i < 20 && open; i++) await wait(10)
      })
      if (closes !== undefined) assert.equal(open, !closes)
      socket.destroy()
    })
  }
  it('nothing of it stays open', () => closed())
})
