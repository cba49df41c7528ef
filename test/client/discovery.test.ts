import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../src/client/client.ts'
import { discoverKinds } from '../../src/client/discovery.ts'

const answers: Record<string, unknown> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    groups: [
      {
        name: 'apps',
        preferredVersion: { groupVersion: 'apps/v1' },
        versions: [{ groupVersion: 'apps/v1beta1' }, { groupVersion: 'apps/v1' }],
      },
      { name: 'broken.io', preferredVersion: { groupVersion: 'broken.io/v1' }, versions: [{ groupVersion: 'broken.io/v1' }] },
    ],
  },
  '/api/v1': {
    groupVersion: 'v1',
    resources: [
      { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get', 'list'] },
      { name: 'pods/log', kind: 'Pod', namespaced: true, verbs: ['get'] },
      { name: 'nodes', kind: 'Node', namespaced: false, verbs: ['get'] },
    ],
  },
  '/apis/apps/v1': { groupVersion: 'apps/v1', resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: [] }] },
  '/apis/apps/v1beta1': {
    groupVersion: 'apps/v1beta1',
    resources: [
      { name: 'deployments', kind: 'Deployment', namespaced: true, verbs: [] },
      { name: 'widgets', kind: 'Widget', namespaced: true, verbs: [] },
    ],
  },
}

test('each resource once, in the preferred version; a group that fails is named', async () => {
  const raw = async (_method: string, path: string) => answers[path] ?? Promise.reject(new Error('503'))
  const { kinds, failed } = await discoverKinds({ raw } as unknown as Client)
  assert.deepEqual(
    kinds.map(({ apiVersion, kind, resource, scope }) => `${apiVersion} ${kind} ${resource} ${scope}`),
    [
      'v1 Pod pods Namespaced',
      'v1 Node nodes Cluster',
      'apps/v1 Deployment deployments Namespaced',
      'apps/v1beta1 Widget widgets Namespaced',
    ],
  )
  assert.deepEqual(failed, ['/apis/broken.io/v1'])
})

test('a server that tells all at once is asked twice only', async () => {
  const version = (name: string, resources: [string, string][], freshness = 'Current') => ({
    version: name,
    freshness,
    resources: resources.map(([resource, kind]) => ({ resource, responseKind: { group: '', kind }, scope: 'Namespaced', verbs: ['list'] })),
  })
  const list = (items: object[]) => ({ kind: 'APIGroupDiscoveryList', items })
  const aggregated: Record<string, unknown> = {
    '/api': list([{ versions: [version('v1', [['pods', 'Pod']])] }]),
    '/apis': list([
      {
        metadata: { name: 'apps' },
        versions: [
          version('v1', [['deployments', 'Deployment']]),
          version('v1beta1', [
            ['deployments', 'Deployment'],
            ['widgets', 'Widget'],
          ]),
        ],
      },
      { metadata: { name: 'broken.io' }, versions: [version('v1', [], 'Stale')] },
    ]),
  }
  const asked: string[] = []
  const raw = async (_method: string, path: string, { accept }: { accept?: string } = {}) => {
    asked.push(path)
    assert.match(accept ?? '', /^application\/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application\/json$/)
    return aggregated[path]
  }
  const { kinds, failed } = await discoverKinds({ raw } as unknown as Client)
  assert.deepEqual(
    kinds.map(({ apiVersion, resource, verbs }) => `${apiVersion} ${resource} ${verbs}`),
    ['v1 pods list', 'apps/v1 deployments list', 'apps/v1beta1 widgets list'],
  )
  assert.deepEqual([failed, asked.sort()], [['/apis/broken.io/v1'], ['/api', '/apis']])
})
