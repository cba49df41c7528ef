// A client generated from the server's own OpenAPI v3 document by openapi-typescript: the types compile under strict, the program works.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { KubeConfig } from '@kubernetes/client-node'
import openapiTS, { astToString } from 'openapi-typescript'
import { Agent, fetch as send } from 'undici'
import { startTestCluster, type TestCluster } from '../support/cluster.ts'

const folder = mkdtempSync(join(tmpdir(), 'k8ts-generated-'))
let cluster: TestCluster
let server: string
let request: typeof fetch
let agent: Agent

before(async () => {
  cluster = await startTestCluster()
  const config = new KubeConfig()
  config.loadFromFile(cluster.kubeconfig)
  server = config.getCurrentCluster()!.server
  const pem = (data: string | undefined) => Buffer.from(data ?? '', 'base64').toString()
  const user = config.getCurrentUser()!
  agent = new Agent({
    connect: { ca: pem(config.getCurrentCluster()!.caData), cert: pem(user.certData), key: pem(user.keyData) },
  })
  request = ((url: string, init?: object) => send(url, { ...init, dispatcher: agent })) as unknown as typeof fetch
})
after(async () => {
  await agent?.close()
  await cluster?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('types of /openapi/v3/apis/apps/v1 compile, and a program written with them works', async () => {
  const index = (await (await request(`${server}/openapi/v3`)).json()) as { paths: Record<string, { serverRelativeURL: string }> }
  const { serverRelativeURL } = index.paths['apis/apps/v1']!
  const document = await (await request(`${server}${serverRelativeURL}`)).text()
  // upstream's documents give every nested object the default {}: that must not make it obligatory in a request
  writeFileSync(join(folder, 'apps-v1.ts'), astToString(await openapiTS(document, { defaultNonNullable: false })))
  assert.ok(readFileSync(join(folder, 'apps-v1.ts'), 'utf8').includes('"io.k8s.api.apps.v1.Deployment"'))
  copyFileSync('test/clients/fixtures/typed-client.ts', join(folder, 'typed-client.ts'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const flags = ['--strict', '--module', 'nodenext', '--target', 'esnext', '--lib', 'esnext,dom', '--rewriteRelativeImportExtensions']
  execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), ...flags, 'typed-client.ts'], {
    cwd: folder,
    stdio: 'inherit',
  })
  const { run } = (await import(pathToFileURL(join(folder, 'typed-client.js')).href)) as {
    run: (base: string, request: typeof fetch) => Promise<unknown>
  }
  assert.deepEqual(await run(server, request), { names: ['typed'], replicas: 1 })
})
