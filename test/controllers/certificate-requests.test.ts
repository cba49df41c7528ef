// Certificate requests from their approval to their end: what signer, approver and cleaner plan, with real requests.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import type { CertificateSigningRequest as Csr } from '../../openapi/types/certificates/v1.ts'
import { certificatesPort } from '../../src/cli/certificate-signer.ts'
import type { Controller } from '../../src/controller/define.ts'
import type { Plan } from '../../src/controller/plan.ts'
import { createCertificateAuthority } from '../../src/pki/certificate.ts'
import { createCertificateRequest } from '../../src/pki/certificate-request.ts'
import { generateKeyPair, privateKeyPem } from '../../src/pki/keys.ts'
import { controllerNamed } from './golden.ts'

const now = Date.UTC(2026, 0, 1)
const hour = 3_600_000
const client = 'kubernetes.io/kube-apiserver-client'
const kubelet = 'kubernetes.io/kube-apiserver-client-kubelet'
const serving = 'kubernetes.io/kubelet-serving'
const ca = createCertificateAuthority({ commonName: 'kubernetes', notBefore: now - hour, notAfter: now + 87_600 * hour })
const key = privateKeyPem(generateKeyPair().privateKey)
const node = { commonName: 'system:node:n1', organizations: ['system:nodes'] }

const encoded = (text: string) => Buffer.from(text).toString('base64')
const at = (ms: number) => new Date(now + ms).toISOString()

function csr(
  names: Partial<Parameters<typeof createCertificateRequest>[0]>,
  spec: Partial<Csr['spec']>,
  conditions: string[] = [],
  status: Csr['status'] = {},
): Csr {
  const request = encoded(createCertificateRequest({ privateKeyPem: key, commonName: 'jane', ...names }))
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'c', uid: 'u', resourceVersion: '1', creationTimestamp: at(0) },
    spec: { signerName: client, usages: ['client auth'], request, username: 'jane', groups: ['system:authenticated'], ...spec },
    status: { ...status, conditions: conditions.map((type) => ({ type, status: 'True', lastUpdateTime: at(0) })) },
  }
}

async function planned(
  controller: Controller,
  object: Csr,
  more: { now?: number; allowed?: string[]; memory?: Map<string, unknown> } = {},
) {
  const asked: unknown[] = []
  const ports = {
    certificates: certificatesPort(
      () => ca,
      (name) => name !== 'example.com/other',
    ),
    accessReview: async (spec: { resourceAttributes: { subresource: string } }) => {
      asked.push(spec)
      return more.allowed?.includes(spec.resourceAttributes.subresource) ?? false
    },
  }
  const memory = more.memory ?? new Map()
  const context = { now: more.now ?? now, random: () => 0.5, key: 'c', memory, options: { ...controller.options }, ports }
  const plan: Plan = await controller.reconcile(object, {}, context)
  return { plan, asked }
}

const signing = controllerNamed('certificatesigningrequest-signing')

/** The status that the plan writes. */
function written({ steps }: Plan): Csr['status'] | undefined {
  const [write, ...rest] = steps.flat()
  assert.equal(rest.length, 0)
  return write?.op === 'status' ? (write.status as Csr['status']) : undefined
}

test('signing: an approved request of a user becomes a certificate of that user', async () => {
  const object = csr({ organizations: ['devs'] }, { expirationSeconds: 7200 }, ['Approved'])
  const status = written((await planned(signing, object)).plan)
  const certificate = new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'))
  assert.equal(certificate.subject, 'O=devs\nCN=jane')
  assert.equal(Date.parse(certificate.validTo), now + 2 * hour)
  assert.ok(certificate.verify(ca.certificate.publicKey))
  assert.deepEqual(status?.conditions, object.status?.conditions)
})

test('signing: the term is the signer’s, a shorter wish is granted, ten minutes is the least', async () => {
  const cases: [number | undefined, number][] = [
    [undefined, 8760 * hour - 300_000],
    [99_999_999, 8760 * hour - 300_000],
    [36_000, 10 * hour - 300_000],
    [60, hour / 6],
  ]
  for (const [wish, want] of cases) {
    const spec = wish === undefined ? {} : { expirationSeconds: wish }
    const status = written((await planned(signing, csr({}, spec, ['Approved']))).plan)
    const { validTo } = new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'))
    assert.equal(Date.parse(validTo) - now, want)
  }
})

test('signing: what is not to be signed is left alone', async () => {
  const cases: [string, Csr][] = [
    ['not decided', csr({}, {})],
    ['denied', csr({}, {}, ['Denied'])],
    ['failed before', csr({}, {}, ['Approved', 'Failed'])],
    ['of another signer', csr({}, { signerName: 'example.com/other' }, ['Approved'])],
    ['of a signer of the cluster nobody knows', csr({}, { signerName: 'kubernetes.io/new' }, ['Approved'])],
    ['signed before', csr({}, {}, ['Approved'], { certificate: encoded('x') })],
  ]
  for (const [name, object] of cases) assert.deepEqual((await planned(signing, object)).plan.steps, [], name)
})

const nodeUsages = ['key encipherment', 'digital signature', 'client auth']
const servingUsages = ['server auth', 'digital signature']
const refusals: [Csr, string | undefined][] = [
  [csr({}, { usages: ['client auth', 'server auth'] }), 'invalid usage for client certificate: server auth'],
  [csr({}, { usages: ['digital signature'] }), 'missing required usage for client certificate: client auth'],
  [csr(node, { signerName: kubelet, usages: nodeUsages }), undefined],
  [csr(node, { signerName: kubelet, usages: ['digital signature', 'client auth'] }), undefined],
  [
    csr({ ...node, organizations: ['system:nodes', 'x'] }, { signerName: kubelet, usages: nodeUsages }),
    'subject organization is not system:nodes',
  ],
  [csr({ ...node, dnsNames: ['a'] }, { signerName: kubelet, usages: nodeUsages }), 'DNS subjectAltNames are not allowed'],
  [csr({ ...node, ipAddresses: ['10.0.0.1'] }, { signerName: kubelet, usages: nodeUsages }), 'IP subjectAltNames are not allowed'],
  [csr({ ...node, commonName: 'n1' }, { signerName: kubelet, usages: nodeUsages }), 'subject common name does not begin with system:node:'],
  [csr(node, { signerName: kubelet, usages: ['client auth'] }), 'usages did not match [client auth digital signature key encipherment]'],
  [csr({ ...node, ipAddresses: ['10.0.0.1'] }, { signerName: serving, usages: servingUsages }), undefined],
  [csr(node, { signerName: serving, usages: servingUsages }), 'DNS or IP subjectAltName is required'],
  [
    csr({ ...node, dnsNames: ['n1'] }, { signerName: serving, usages: nodeUsages }),
    'usages did not match [digital signature key encipherment server auth]',
  ],
  [
    csr({ organizations: ['system:nodes'], dnsNames: ['n1'] }, { signerName: serving, usages: servingUsages }),
    'subject common name does not begin with system:node:',
  ],
  [csr({}, { signerName: 'kubernetes.io/legacy-unknown', usages: ['code signing'] }), undefined],
]

for (const [object, message] of refusals) {
  test(`signing: ${message ?? `granted for ${object.spec.signerName} with ${object.spec.usages?.join(', ')}`}`, async () => {
    object.status!.conditions = [{ type: 'Approved', status: 'True' }]
    const status = written((await planned(signing, object)).plan)
    assert.equal(status?.certificate === undefined, message !== undefined)
    const failed = status?.conditions?.find(({ type }) => type === 'Failed')
    assert.deepEqual(
      [failed?.reason, failed?.message],
      message === undefined ? [undefined, undefined] : ['SignerValidationFailure', message],
    )
  })
}

const approving = controllerNamed('certificatesigningrequest-approving')

test('approving: a node’s first and next certificates, when the requestor may', async () => {
  const first = csr(node, {
    signerName: kubelet,
    usages: nodeUsages,
    username: 'system:bootstrap:abcdef',
    groups: ['system:bootstrappers'],
  })
  const next = csr(node, { signerName: kubelet, usages: nodeUsages, username: 'system:node:n1' })
  const cases: [Csr, string[], string[], string | undefined][] = [
    [first, ['nodeclient'], ['nodeclient'], 'Auto approving kubelet client certificate after SubjectAccessReview.'],
    [next, ['selfnodeclient'], ['selfnodeclient'], 'Auto approving self kubelet client certificate after SubjectAccessReview.'],
    [next, ['nodeclient'], ['selfnodeclient', 'nodeclient'], 'Auto approving kubelet client certificate after SubjectAccessReview.'],
    [next, [], ['selfnodeclient', 'nodeclient'], undefined],
  ]
  for (const [object, allowed, wantAsked, message] of cases) {
    const { plan, asked } = await planned(approving, object, { allowed })
    assert.deepEqual(
      asked.map((spec) => (spec as { resourceAttributes: { subresource: string } }).resourceAttributes.subresource),
      wantAsked,
    )
    const [write] = plan.steps.flat()
    const conditions = write?.op === 'update' ? (write.object as Csr).status?.conditions : undefined
    assert.deepEqual(
      conditions,
      message === undefined ? undefined : [{ type: 'Approved', status: 'True', reason: 'AutoApproved', message }],
    )
    if (write?.op === 'update') assert.equal(write.subresource, 'approval')
    assert.equal(plan.requeueAfterMs, message === undefined ? 200 : undefined)
  }
})

test('approving: the review is about the requestor, with all that is known of them', async () => {
  const extra = { 'example.com/a': ['1'] }
  const { asked } = await planned(approving, csr(node, { signerName: kubelet, usages: nodeUsages, uid: 'x', extra }))
  const resource = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource: 'nodeclient' }
  assert.deepEqual(asked, [{ user: 'jane', uid: 'x', groups: ['system:authenticated'], extra, resourceAttributes: resource }])
})

test('approving: nobody is asked about other requests, and a "no" is asked again ever later', async () => {
  const others = [
    csr({}, {}),
    csr(node, { signerName: kubelet, usages: ['client auth'] }),
    csr(node, { signerName: kubelet, usages: nodeUsages }, ['Denied']),
  ]
  for (const object of others) {
    const { plan, asked } = await planned(approving, object)
    assert.deepEqual([asked, plan.steps, plan.requeueAfterMs], [[], [], undefined])
  }
  const memory = new Map()
  const waits = []
  for (let i = 0; i < 15; i++)
    waits.push((await planned(approving, csr(node, { signerName: kubelet, usages: nodeUsages }), { memory })).plan.requeueAfterMs)
  assert.deepEqual([waits[0], waits[1], waits.at(-1)], [200, 400, 1_000_000])
})

const cleaner = controllerNamed('certificatesigningrequest-cleaner')
const issued = await planned(signing, csr({}, { expirationSeconds: 600 }, ['Approved']))
const certificate = written(issued.plan)?.certificate ?? ''

const ends: { name: string; object: Csr; endMs: number | undefined }[] = [
  { name: 'pending', object: csr({}, {}), endMs: 24 * hour },
  { name: 'denied', object: csr({}, {}, ['Denied']), endMs: hour },
  { name: 'failed', object: csr({}, {}, ['Approved', 'Failed']), endMs: hour },
  { name: 'approved, not issued', object: csr({}, {}, ['Approved']), endMs: undefined },
  { name: 'issued for ten minutes', object: csr({}, {}, ['Approved'], { certificate }), endMs: hour / 6 },
  { name: 'issued by another, unreadable', object: csr({}, {}, ['Approved'], { certificate: encoded('?') }), endMs: undefined },
]

for (const { name, object, endMs } of ends) {
  test(`cleaner: ${name}`, async () => {
    const early = await planned(cleaner, object)
    assert.deepEqual([early.plan.steps, early.plan.requeueAfterMs], [[], endMs === undefined ? undefined : Math.min(endMs + 1, 24 * hour)])
    const late = await planned(cleaner, object, { now: now + (endMs ?? 1000 * hour) + 1 })
    assert.deepEqual(
      late.plan.steps.flat().map(({ op }) => op),
      endMs === undefined ? [] : ['delete'],
    )
  })
}
