import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterAccess, kubeconfigText, mergeKubeconfig, parseKubeconfig } from '../../src/client/kubeconfig.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

const file = `
apiVersion: v1
kind: Config
current-context: one
clusters:
  - name: c1
    cluster: { server: 'https://h:6443', certificate-authority-data: ${base64('CA')}, tls-server-name: api }
  - name: c2
    cluster: { server: 'http://h:8080', insecure-skip-tls-verify: true, certificate-authority: /ca.crt }
users:
  - name: u1
    user: { client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')} }
  - name: u2
    user: { token: T, tokenFile: /token }
contexts:
  - { name: one, context: { cluster: c1, user: u1, namespace: ns } }
  - { name: two, context: { cluster: c2, user: u2 } }
  - { name: nowhere, context: { cluster: c9 } }
  - { name: nobody, context: { cluster: c2, user: u9 } }
preferences: {}
`

test('the current context', () => {
  assert.deepEqual(clusterAccess(parseKubeconfig(file)), {
    server: 'https://h:6443',
    namespace: 'ns',
    insecureSkipTlsVerify: false,
    serverName: 'api',
    ca: 'CA',
    cert: 'CERT',
    key: 'KEY',
    files: {},
  })
})

test('a named context with files', () => {
  assert.deepEqual(clusterAccess(parseKubeconfig(file), 'two'), {
    server: 'http://h:8080',
    namespace: undefined,
    insecureSkipTlsVerify: true,
    token: 'T',
    files: { ca: '/ca.crt', token: '/token' },
  })
})

const wrong: { name: string; text: string; context?: string; want: RegExp }[] = [
  { name: 'a context that is not there', text: file, context: 'three', want: /context "three" does not exist/ },
  { name: 'a cluster that is not there', text: file, context: 'nowhere', want: /cluster "c9" does not exist/ },
  { name: 'no current context', text: '', want: /has no current-context/ },
  {
    name: 'a wrong field',
    text: 'clusters: [{ name: c, cluster: { server: 5 } }]',
    want: /invalid kubeconfig: clusters\.0\.cluster\.server/,
  },
  { name: 'another kind', text: 'kind: Pod', want: /invalid kubeconfig: kind/ },
  { name: 'a list that is none', text: 'users: {}', want: /invalid kubeconfig: users: expected array, received object/ },
  { name: 'an item that is none', text: 'contexts: [null]', want: /invalid kubeconfig: contexts\.0: expected object, received null/ },
  {
    name: 'a token that is a number',
    text: 'users: [{ name: u, user: { token: 5 } }]',
    want: /invalid kubeconfig: users\.0\.user\.token: expected string, received number/,
  },
]

for (const { name, text, context, want } of wrong) {
  test(`refused: ${name}`, () => assert.throws(() => clusterAccess(parseKubeconfig(text), context), want))
}

test('a context merged in becomes the current one, all else is kept', () => {
  const added = { name: 'k8ts', userName: 'admin', server: 'https://new:6443', ca: 'CA2', cert: 'C', key: 'K' }
  const merged = parseKubeconfig(mergeKubeconfig(file, added))
  assert.equal(merged['current-context'], 'k8ts')
  assert.deepEqual(
    merged.contexts?.map(({ name }) => name),
    ['one', 'two', 'nowhere', 'nobody', 'k8ts'],
  )
  assert.deepEqual((merged as Record<string, unknown>)['preferences'], {})
  assert.equal(clusterAccess(merged, 'one').ca, 'CA')
  const again = parseKubeconfig(mergeKubeconfig(mergeKubeconfig(file, added), { ...added, server: 'https://newer:6443' }))
  assert.equal(again.clusters?.length, 3)
  assert.equal(clusterAccess(again).server, 'https://newer:6443')
})

test('what is written can be read', () => {
  const text = kubeconfigText({ name: 'k', userName: 'admin', server: 'https://h', token: 'T', ca: 'ä\n' })
  const { server, token, ca } = clusterAccess(parseKubeconfig(text))
  assert.deepEqual([server, token, ca], ['https://h', 'T', 'ä\n'])
})
