// The Pod Security Standards through the API: refused, warned of, and told when a namespace becomes stricter.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { violations, violationsText } from '../../../src/apiserver/admission/pod-security/policy.ts'
import { pod, startWhole, type WholeServer } from './whole-server.ts'

let server: WholeServer
before(async () => {
  server = await startWhole()
  await server.namespace('base', { 'pod-security.kubernetes.io/enforce': 'baseline' })
  await server.namespace('strict', { 'pod-security.kubernetes.io/enforce': 'restricted' })
  await server.namespace('warned', { 'pod-security.kubernetes.io/warn': 'restricted' })
})
after(() => server.close())

const hardened = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}
const container = (securityContext: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  name: 'c',
  image: 'i',
  securityContext,
  ...more,
})

describe('enforce', () => {
  it('baseline takes an ordinary pod', async () => {
    assert.equal((await server.admin('POST', '/api/v1/namespaces/base/pods', pod('ok'))).code, 201)
  })

  it('restricted takes a hardened one', async () => {
    assert.equal((await server.admin('POST', '/api/v1/namespaces/strict/pods', pod('ok', { containers: [container(hardened)] }))).code, 201)
  })

  const refusals = [
    {
      namespace: 'base',
      name: 'host access',
      spec: {
        hostNetwork: true,
        hostPID: true,
        containers: [container({ privileged: true, capabilities: { add: ['SYS_ADMIN', 'KILL'] } })],
        volumes: [{ name: 'v', hostPath: { path: '/' } }],
      },
      want: 'violates PodSecurity "baseline:latest": non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volume "v"), privileged (container "c" must not set securityContext.privileged=true)',
    },
    {
      namespace: 'strict',
      name: 'an ordinary pod',
      spec: {},
      want: 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    },
    {
      namespace: 'strict',
      name: 'a root init container',
      spec: {
        initContainers: [{ ...container({ ...hardened, runAsUser: 0 }), name: 'i' }],
        containers: [container(hardened)],
        volumes: [{ name: 'n', nfs: { server: 's', path: '/' } }],
      },
      want: 'violates PodSecurity "restricted:latest": restricted volume types (volume "n" uses restricted volume type "nfs"), runAsUser=0 (container "i" must not set runAsUser=0)',
    },
  ]
  for (const { namespace, name, spec, want } of refusals) {
    it(`${namespace} refuses ${name}`, async () => {
      const { code, body } = await server.admin('POST', `/api/v1/namespaces/${namespace}/pods`, pod('p', spec))
      assert.equal(code, 403)
      assert.equal(body.message, `pods "p" is forbidden: ${want}`)
    })
  }
})

it('warn lets the pod through, with a Warning header', async () => {
  const { code, headers } = await server.admin('POST', '/api/v1/namespaces/warned/pods', pod('p'))
  assert.equal(code, 201)
  assert.match(String(headers['warning']), /would violate PodSecurity \\"restricted:latest\\": allowPrivilegeEscalation != false/)
})

describe('labels of a namespace', () => {
  it('must be known', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'strong', 'pod-security.kubernetes.io/warn-version': '1.20' }
    const { code, body } = await server.admin('POST', '/api/v1/namespaces', { metadata: { name: 'x', labels } })
    assert.equal(code, 422)
    assert.equal(
      body.message,
      'Namespace "x" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strong": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.20": must be "latest" or "v1.x"]',
    )
  })

  it('that become stricter name the pods that would be refused', async () => {
    const patch = { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } }
    const { code, headers } = await server.admin('PATCH', '/api/v1/namespaces/base', patch, {
      'content-type': 'application/merge-patch+json',
    })
    assert.equal(code, 200)
    const text = String(headers['warning'])
    assert.match(text, /existing pods in namespace \\"base\\" violate the new PodSecurity enforce level \\"restricted:latest\\"/)
    assert.match(text, /ok: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile/)
  })
})

it('rules depend on the version of the policy', () => {
  const spec = { containers: [container(hardened)], securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } }
  assert.equal(violationsText(violations({ level: 'baseline', minor: 31 }, {}, spec)), 'forbidden sysctls (net.ipv4.tcp_rmem)')
  assert.equal(violationsText(violations({ level: 'baseline', minor: 32 }, {}, spec)), '')
})
