// A client generated from the server's own OpenAPI v3 document by @hey-api/openapi-ts: types and calls compile under strict, the program works.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { KubeConfig } from '@kubernetes/client-node'
import { Agent, fetch as send } from 'undici'
import { startTestCluster, type TestCluster } from '../support/cluster.ts'

/** Loaded by name, so that the types of the project are checked without it. */
const generator: string = '@hey-api/openapi-ts'
const folder = mkdtempSync(join(tmpdir(), 'k8ts-sdk-'))
let cluster: TestCluster
let server: string
let agent: Agent

before(async () => {
  cluster = await startTestCluster()
  const config = new KubeConfig()
  config.loadFromFile(cluster.kubeconfig)
  const { server: url, caData } = config.getCurrentCluster()!
  const { certData, keyData } = config.getCurrentUser()!
  const pem = (data: string | undefined) => Buffer.from(data ?? '', 'base64').toString()
  server = url
  agent = new Agent({ connect: { ca: pem(caData), cert: pem(certData), key: pem(keyData) } })
})
after(async () => {
  await agent?.close()
  await cluster?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The generated client makes Request objects of the platform; what they say is sent by way of the cluster's certificates. */
async function request(input: Request | string | URL): Promise<Response> {
  const { url, method, headers, body } = input as Request
  const text = body === null ? undefined : await (input as Request).text()
  const answer = await send(url, { method, headers: [...headers], dispatcher: agent, ...(text === undefined ? {} : { body: text }) })
  return answer as unknown as Response
}

test('calls of /openapi/v3/apis/apps/v1 compile, and a program written with them works', async () => {
  const index = (await (await send(`${server}/openapi/v3`, { dispatcher: agent })).json()) as {
    paths: Record<string, { serverRelativeURL: string }>
  }
  const document = await send(`${server}${index.paths['apis/apps/v1']!.serverRelativeURL}`, { dispatcher: agent })
  writeFileSync(join(folder, 'apps-v1.json'), await document.text())
  const { createClient } = (await import(generator)) as { createClient: (options: object) => Promise<unknown> }
  await createClient({
    input: join(folder, 'apps-v1.json'),
    output: { path: join(folder, 'sdk'), tsConfigPath: 'off', module: { extension: '.js' } },
    plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
    logs: { level: 'silent', file: false },
  })
  copyFileSync('test/clients/fixtures/sdk-client.ts', join(folder, 'sdk-client.ts'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const flags = ['--strict', '--module', 'nodenext', '--target', 'esnext', '--lib', 'esnext,dom,dom.iterable']
  execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), ...flags, 'sdk-client.ts'], { cwd: folder, stdio: 'inherit' })
  const { run } = (await import(pathToFileURL(join(folder, 'sdk-client.js')).href)) as {
    run: (base: string, request: unknown) => Promise<unknown>
  }
  assert.deepEqual(await run(server, request), { manager: 'sdk', names: ['sdk'], replicas: 2, missing: 404 })
})
