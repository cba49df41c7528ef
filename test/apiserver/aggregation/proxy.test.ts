// Requests for another server's group: who asks, what goes on and what does not, streams, upgrades, and every way in which it can fail.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import {
  type AggregatingServer,
  caBundle,
  type ExtensionServer,
  flunders,
  group,
  startAggregating,
  startExtension,
  until,
  version,
} from './extension-server.ts'

const apiService = `${version}.${group}`
const apiServicePath = `/apis/apiregistration.k8s.io/v1/apiservices/${apiService}`
let k: AggregatingServer
let extension: ExtensionServer
before(async () => {
  extension = await startExtension()
  k = await startAggregating()
  await k.register(extension.port)
  await k.untilAvailable(apiService, 'Passed')
})
after(async () => {
  await k.close()
  await extension.close()
})

describe('a request goes on', () => {
  it('with the user in headers, without the client’s credentials', async () => {
    const { code, body, headers } = await k.call('GET', `${flunders}/a?pretty=1&x=%2F`, undefined, {
      'x-remote-user': 'somebody',
      'x-remote-extra-scope': 'all',
      connection: 'close, x-secret',
      'x-secret': 'hop',
      'x-kept': 'yes',
      'audit-id': 'abc',
    })
    assert.equal(code, 200)
    assert.deepEqual([headers['x-wardle'], headers['audit-id']], ['yes', 'abc'])
    const sent = body.headers
    assert.deepEqual([body.method, body.url, body.commonName], ['GET', `${flunders}/a?pretty=1&x=%2F`, 'front-proxy-client'])
    assert.deepEqual(sent['x-remote-user'], ['admin'])
    assert.deepEqual(sent['x-remote-uid'], ['u-1'])
    const groups = sent['x-remote-group'].map((text: string) => Buffer.from(text, 'latin1').toString())
    assert.deepEqual(groups, ['system:masters', 'übung', 'system:authenticated'])
    assert.deepEqual([sent['x-kept'], sent['audit-id']], [['yes'], ['abc']])
    for (const name of ['authorization', 'x-secret', 'x-remote-extra-scope']) assert.equal(sent[name], undefined, name)
  })

  it('as the impersonated user', async () => {
    const asked = await k.call('GET', `${flunders}/a`, undefined, {
      'impersonate-user': 'jane',
      'impersonate-group': 'devs',
      'impersonate-extra-example.com%2fscope': 'view',
    })
    const { headers } = asked.body
    assert.deepEqual(headers['x-remote-user'], ['jane'])
    assert.deepEqual(headers['x-remote-group'], ['devs', 'system:authenticated'])
    assert.deepEqual(headers['x-remote-extra-example.com%2fscope'], ['view'])
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('impersonate')),
      [],
    )
  })

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    it(`${method}, its body untouched`, async () => {
      const payload = `{"a": ${'1'.repeat(100_000)}, "unknown": "${method}"}`
      const { code, body } = await k.call(method, flunders, payload, { 'content-type': 'application/x-anything' })
      assert.deepEqual([code, body.method, body.body], [method === 'POST' ? 201 : 200, method, payload])
    })

  it('for discovery of the group version', async () => {
    const { body } = await k.call('GET', `/apis/${group}/${version}`)
    assert.equal(body.resources[0].name, 'flunders')
  })
})

it('a watch comes event by event, and ends with the server behind', async () => {
  const reply = await k.server.fastify.inject({
    method: 'GET',
    url: `${flunders}?watch=true`,
    headers: { authorization: 'Bearer admin-token' },
    payloadAsStream: true,
  })
  const stream = reply.stream()
  let text = ''
  for await (const piece of stream) {
    text += piece
    if (text.split('\n').length > 3) break
  }
  assert.deepEqual(
    text
      .split('\n')
      .slice(0, 3)
      .map((line) => JSON.parse(line).object.metadata.name),
    ['first', 'next', 'next'],
  )
})

function rawUpgrade(url: string): Promise<string> {
  const { port } = k.server.fastify.server.address() as { port: number }
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.write(`GET ${url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin-token\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  return new Promise((resolve, reject) => {
    socket.on('data', (piece) => {
      text += piece
      if (text.endsWith('\r\n\r\n') && text.startsWith('HTTP/1.1 101')) socket.write('hello')
      if (text.endsWith('echo hello')) socket.end()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}

describe('an upgrade', () => {
  it('joins the two connections', async () => {
    const text = await rawUpgrade(`${flunders}/a/exec`)
    assert.match(text, /^HTTP\/1.1 101 [\s\S]*\r\n\r\necho hello$/)
    const seen = extension.seen.at(-1)!
    assert.deepEqual(
      [seen.headers['upgrade'], seen.headers['x-remote-user'], seen.headers['authorization']],
      [['websocket'], ['admin'], undefined],
    )
  })

  it('that is refused is a plain answer', async () => {
    assert.match(await rawUpgrade(`${flunders}/refused`), /^HTTP\/1.1 403 Forbidden\r\n[\s\S]*no/)
  })
})

it('a redirect is neither followed nor passed on', async () => {
  const { code, text, headers } = await k.call('GET', `${flunders}/moved`)
  assert.deepEqual(
    [code, text, headers['location']],
    [502, 'the backend attempted to redirect this request, which is not permitted', undefined],
  )
})

it('a client without credentials is refused here', async () => {
  const before = extension.seen.length
  const { code } = await k.call('GET', flunders, undefined, { authorization: '' })
  assert.deepEqual([code, extension.seen.length - before], [401, 0])
})

describe('a server behind that cannot be believed or reached', () => {
  const change = async (spec: object) => {
    const { code, text } = await k.call('PATCH', apiServicePath, { spec }, { 'content-type': 'application/merge-patch+json' })
    assert.equal(code, 200, text)
  }
  const untilText = (want: string) =>
    until(async () => {
      const { code, text } = await k.call('GET', flunders)
      return text === want ? code : undefined
    })

  it('has a certificate of another authority', async () => {
    await change({ caBundle: Buffer.from('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n').toString('base64') })
    assert.notEqual((await k.call('GET', flunders)).code, 200)
    await change({ caBundle: null })
    const want = 'error trying to reach service: tls: failed to verify certificate: x509: certificate signed by unknown authority\n'
    assert.equal(await untilText(want), 503)
  })

  it('is believed when nobody asks for a certificate', async () => {
    await change({ caBundle: null, insecureSkipTLSVerify: true })
    await until(async () => ((await k.call('GET', `${flunders}/a`)).code === 200 ? true : undefined))
    await change({ insecureSkipTLSVerify: null, caBundle })
  })

  it('has a certificate for another name', async () => {
    const other = await startExtension(['other.default.svc'])
    await change({ service: { port: other.port } })
    const fault = 'certificate is valid for other.default.svc, not wardle.default.svc'
    assert.equal(await untilText(`error trying to reach service: tls: failed to verify certificate: x509: ${fault}\n`), 503)
    await other.close()
    await k.untilAvailable(apiService, 'FailedDiscoveryCheck')
    await change({ service: { port: extension.port } })
    await k.untilAvailable(apiService, 'Passed')
  })

  it('has gone', async () => {
    const dying = await startExtension()
    await change({ service: { port: dying.port } })
    await until(async () => ((await k.call('GET', `${flunders}/a`)).code === 200 ? true : undefined))
    await dying.close()
    // looked at anew because it has changed
    await change({ versionPriority: 11 })
    const { message } = await k.untilAvailable(apiService, 'FailedDiscoveryCheck')
    const url = `https://localhost:${dying.port}/apis/${group}/${version}`
    assert.match(message, new RegExp(`^failing or missing response from ${url}: Get "${url}": dial tcp .*: connect: connection refused$`))
    assert.deepEqual([(await k.call('GET', flunders)).code, (await k.call('GET', flunders)).text], [503, 'service unavailable\n'])
  })

  it('comes back', async () => {
    await change({ service: { port: extension.port } })
    await k.untilAvailable(apiService, 'Passed')
    assert.equal((await k.call('GET', `${flunders}/a`)).code, 200)
  })

  it('is counted', async () => {
    const { text } = await k.call('GET', '/metrics')
    assert.match(text, /^aggregator_unavailable_apiservice\{name="v1alpha1.wardle.example.com"\} 0$/m)
    assert.match(
      text,
      /^aggregator_unavailable_apiservice_total\{name="v1alpha1.wardle.example.com",reason="FailedDiscoveryCheck"\} [1-9]/m,
    )
  })

  it('is no longer registered', async () => {
    await k.call('DELETE', apiServicePath)
    await until(async () => ((await k.call('GET', flunders)).code === 404 ? true : undefined))
  })
})
