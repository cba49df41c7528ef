// A whole server with a webhook beside it: configurations are made anew for each test, verdicts are functions of the request.
import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { startWhole, type WholeServer } from '../side/whole-server.ts'
import { type HookServer, hookServer } from './hook-server.ts'

// biome-ignore lint/suspicious/noExplicitAny: objects of every shape are looked into
export type Json = any

const root = '/apis/admissionregistration.k8s.io/v1'
export const merge = { 'content-type': 'application/merge-patch+json' }
export const pods = '/api/v1/namespaces/shop/pods'
export const maps = '/api/v1/namespaces/shop/configmaps'

const anyRule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }

export const rule = (resources: string[], operations = ['*'], more: Json = {}) => ({ ...anyRule, resources, operations, ...more })
export const configMap = (name: string, labels: Json = {}) => ({ metadata: { name, labels }, data: { a: '1' } })
export const patchOf = (...operations: Json[]) => ({
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
  patchType: 'JSONPatch',
})

export interface Hooked {
  server: WholeServer
  hook: HookServer
  /** Verdicts by path of the hook; absent: allowed. */
  verdicts: Record<string, (request: Json) => Json>
  /** Configures webhooks; `path` is where each is reached, and its name. */
  configure: (sort: 'mutating' | 'validating', name: string, ...webhooks: Json[]) => Promise<void>
  unconfigure: (...sorts: string[]) => Promise<void>
  /** Paths that were called, and what was asked there. */
  paths: () => string[]
  requests: () => Json[]
}

/** Starts both before the tests of a file, and ends them after. */
export function hooked(): Hooked {
  const all = { verdicts: {} } as Hooked
  before(async () => {
    all.hook = await hookServer((review, url) => ({
      body: {
        ...review,
        request: undefined,
        response: { uid: review.request.uid, allowed: true, ...all.verdicts[url.split('?')[0]!]?.(review.request) },
      },
    }))
    all.server = await startWhole()
    for (const name of ['shop', 'other']) await all.server.namespace(name, { team: name })
  })
  beforeEach(async () => {
    await all.unconfigure('mutating', 'validating')
    all.verdicts = {}
    all.hook.calls.length = 0
  })
  after(async () => {
    await all.server.close()
    await all.hook.close()
  })
  return Object.assign(all, {
    configure: (sort: string, name: string, ...webhooks: Json[]) => configure(all, sort, name, webhooks),
    unconfigure: async (...sorts: string[]) => {
      for (const sort of sorts) await all.server.admin('DELETE', `${root}/${sort}webhookconfigurations`)
      await all.server.server.context.read.refresh()
    },
    paths: () => all.hook.calls.map(({ url }) => url.split('?')[0]!),
    requests: () => all.hook.calls.map(({ body }) => body.request),
  })
}

async function configure({ server, hook }: Hooked, sort: string, name: string, webhooks: Json[]): Promise<void> {
  const made = await server.admin('POST', `${root}/${sort}webhookconfigurations`, {
    metadata: { name },
    webhooks: webhooks.map(({ path, ...rest }) => ({
      name: `${path}.example.com`,
      clientConfig: { url: `${hook.url}/${path}`, caBundle: hook.caBundle },
      rules: [anyRule],
      sideEffects: 'None',
      admissionReviewVersions: ['v2', 'v1'],
      ...rest,
    })),
  })
  assert.equal(made.code, 201, made.text)
  await server.server.context.read.refresh()
}
