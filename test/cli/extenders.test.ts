// Extenders over real HTTP: what is sent, what a bad answer becomes.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { connectExtenders } from '../../src/cli/extenders.ts'
import { readConfiguration } from '../../src/scheduler/configuration.ts'

test('JSON is posted to the verb below the prefix; other statuses are errors', async () => {
  const seen: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`)
      if (request.url === '/scheduler/filter') response.end('{"NodeNames":["n1"]}')
      else response.writeHead(500).end()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  try {
    const urlPrefix = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scheduler`
    const file = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' }
    const { extenders } = readConfiguration({ ...file, extenders: [{ urlPrefix, filterVerb: 'filter', httpTimeout: '2s' }] })
    const [extender] = connectExtenders(extenders)
    assert.deepEqual(await extender!.send(`${urlPrefix}/filter`, { Pod: 1 }), { NodeNames: ['n1'] })
    await assert.rejects(extender!.send(`${urlPrefix}/bind`, {}), {
      message: `failed bind with extender at URL ${urlPrefix}/bind, code 500`,
    })
    assert.deepEqual(seen, ['POST /scheduler/filter application/json {"Pod":1}', 'POST /scheduler/bind application/json {}'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
