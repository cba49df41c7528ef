// Tokens in Secrets: filled, deleted with their account, forgotten by it; and what the API server makes of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Secret as SecretObject, ServiceAccount as ServiceAccountObject } from '../../openapi/types/core/v1.ts'
import { Secret } from '../../src/api/core/secret.ts'
import { ServiceAccount } from '../../src/api/core/serviceaccount.ts'
import { serviceAccountTokens } from '../../src/apiserver/authentication/service-account-tokens.ts'
import { accountTokenPort } from '../../src/cli/account-token.ts'
import { ObjectCache } from '../../src/client/informer.ts'
import { generateKeyPair, privateKeyPem } from '../../src/pki/keys.ts'
import { controllerNamed } from './golden.ts'

const controller = controllerNamed('serviceaccount-token')
const key = privateKeyPem(generateKeyPair().privateKey)
const encoded = (text: string) => Buffer.from(text).toString('base64')
const account: ServiceAccountObject = {
  metadata: { name: 'robot', namespace: 'ns', uid: 'u1', resourceVersion: '7' },
  secrets: [{ name: 'tok' }, { name: 'other' }],
}

function secret(more: Partial<SecretObject> = {}, annotations: Record<string, string> = {}): SecretObject {
  return {
    metadata: {
      name: 'tok',
      namespace: 'ns',
      uid: 's1',
      resourceVersion: '1',
      annotations: { 'kubernetes.io/service-account.name': 'robot', ...annotations },
    },
    type: 'kubernetes.io/service-account-token',
    ...more,
  }
}

async function planned(
  object: SecretObject | undefined,
  accounts: ServiceAccountObject[],
  memory = new Map<string, unknown>(),
  signs = true,
) {
  const cache = new ObjectCache(ServiceAccount)
  cache.replace(accounts, '1')
  const secrets = new ObjectCache(Secret)
  const ports = { accountToken: accountTokenPort(signs ? key : undefined) }
  const context = { now: 0, random: () => 0, key: 'ns/tok', memory, options: { rootCa: 'CA' }, ports }
  const reads = { accounts: cache, secrets }
  const plan =
    object === undefined ? await controller.absent!('ns/tok', reads, context) : await controller.reconcile(object, reads, context)
  return plan.steps.flat()
}

async function filledSecret(): Promise<SecretObject> {
  const [write] = await planned(secret(), [account])
  assert.equal(write?.op, 'update')
  return write.object as SecretObject
}

test('an empty Secret gets token, authority and namespace, and the uid of its account', async () => {
  const { data, metadata } = await filledSecret()
  assert.deepEqual({ ...data, token: '' }, { 'ca.crt': encoded('CA'), namespace: encoded('ns'), token: '' })
  assert.equal(metadata?.annotations?.['kubernetes.io/service-account.uid'], 'u1')
  const claims = JSON.parse(
    Buffer.from(
      Buffer.from(data?.['token'] ?? '', 'base64')
        .toString()
        .split('.')[1]!,
      'base64url',
    ).toString(),
  )
  assert.deepEqual(claims, {
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/namespace': 'ns',
    'kubernetes.io/serviceaccount/secret.name': 'tok',
    'kubernetes.io/serviceaccount/service-account.name': 'robot',
    'kubernetes.io/serviceaccount/service-account.uid': 'u1',
    sub: 'system:serviceaccount:ns:robot',
  })
})

test('a full Secret is left alone; a token of the user stays when the authority is renewed', async () => {
  const full = { 'ca.crt': encoded('CA'), namespace: encoded('ns'), token: encoded('own') }
  assert.deepEqual(await planned(secret({ data: full }), [account]), [])
  const [write] = await planned(secret({ data: { ...full, 'ca.crt': encoded('old') } }), [account])
  assert.deepEqual(write?.op === 'update' && (write.object as SecretObject).data, full)
})

test('without its account a Secret goes, unless the account turns out to be there', async () => {
  const other = { ...account, metadata: { ...account.metadata, uid: 'u2' } }
  for (const [accounts, annotations, uid] of [
    [[], {}, undefined],
    [[other], { 'kubernetes.io/service-account.uid': 'u1' }, 'u1'],
  ] as const) {
    const [write] = await planned(secret({}, annotations), [...accounts])
    assert.equal(write?.op, 'delete')
    assert.deepEqual(write.preconditions, { uid: 's1' })
    assert.deepEqual([write.gone?.name, write.gone?.namespace, write.gone?.uid], ['robot', 'ns', uid])
  }
})

test('what is no such Secret, names nobody, or cannot be signed is left alone', async () => {
  assert.deepEqual(await planned(secret({ type: 'Opaque' }), []), [])
  assert.deepEqual(await planned(secret({}, { 'kubernetes.io/service-account.name': '' }), []), [])
  assert.deepEqual(await planned(secret(), [], new Map(), false), [])
})

test('an account forgets the Secret that is gone, and only a Secret of its own', async () => {
  const memory = new Map<string, unknown>()
  await planned(secret(), [account], memory)
  const [write] = await planned(undefined, [account], memory)
  assert.equal(write?.op, 'patch')
  assert.deepEqual(write.patch, { metadata: { uid: 'u1', resourceVersion: '7' }, secrets: [{ name: 'other' }] })
  assert.deepEqual(await planned(undefined, [account], memory), [], 'once')
  assert.deepEqual(await planned(undefined, [account]), [], 'a Secret of another type')
})

const issuer = 'https://kubernetes.default.svc'
const tokens = serviceAccountTokens({
  issuers: [issuer],
  audiences: [issuer],
  signingKey: key,
  clock: { now: () => 0, after: () => ({ cancel: () => {} }) },
  random: () => 0.5,
})

async function verdict(lies: SecretObject | undefined, owner: ServiceAccountObject | undefined, audiences?: string[]): Promise<unknown> {
  const token = Buffer.from((await filled)?.data?.['token'] ?? '', 'base64').toString()
  const read = { get: (kind: { kind: string }) => (kind.kind === 'Secret' ? lies : owner), list: () => [], refresh: async () => {} }
  assert.ok(tokens.isMine(token))
  return tokens.verify(token, read as never, audiences).then(
    ({ user }) => user,
    (error: Error) => error.message,
  )
}
const filled = filledSecret()

test('the API server takes the token as long as Secret and account are those it was made for', async () => {
  const lies = await filled
  const groups = ['system:serviceaccounts', 'system:serviceaccounts:ns']
  assert.deepEqual(await verdict(lies, account), { name: 'system:serviceaccount:ns:robot', uid: 'u1', groups })
  const going = (object: SecretObject | ServiceAccountObject) => ({
    ...object,
    metadata: { ...object.metadata, deletionTimestamp: '1970-01-01T00:00:00Z' },
  })
  const marked = { ...lies, metadata: { ...lies.metadata, labels: { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' } } }
  const cases: [SecretObject | undefined, ServiceAccountObject | undefined, RegExp, string[]?][] = [
    [undefined, account, /^service account token has been invalidated$/],
    [going(lies), account, /^service account token has been invalidated$/],
    [{ ...lies, data: { token: encoded('another') } }, account, /^service account token does not match server's copy$/],
    [lies, undefined, /^serviceaccounts "robot" not found$/],
    [lies, going(account), /^service account ns\/robot has been deleted$/],
    [lies, { ...account, metadata: { ...account.metadata, uid: 'u2' } }, /^service account UID \(u2\) does not match claim \(u1\)$/],
    [marked, account, /^the token in secret ns\/tok for service account ns\/robot has been marked invalid/],
    [lies, account, /is invalid for the target audiences \["elsewhere"\]$/, ['elsewhere']],
  ]
  for (const [held, owner, want, audiences] of cases) assert.match(String(await verdict(held, owner, audiences)), want)
})
