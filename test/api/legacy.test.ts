// Removed versions: fields converted, old defaults, deprecation texts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DaemonSet } from '../../src/api/apps/daemonset.ts'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { Ingress } from '../../src/api/networking/ingress.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'

const version = (kind: Pick<Kind, 'served'>, group: string, name: string) =>
  kind.served!.find((served) => served.group === group && served.version === name)!

test('an old Ingress', () => {
  const beta = version(Ingress, 'extensions', 'v1beta1')
  const old = {
    apiVersion: 'extensions/v1beta1',
    kind: 'Ingress',
    metadata: { name: 'a' },
    spec: {
      backend: { serviceName: 's', servicePort: 'http' },
      rules: [
        {
          host: 'a.example',
          http: { paths: [{ path: '/', pathType: 'ImplementationSpecific', backend: { serviceName: 'w', servicePort: 80 } }] },
        },
      ],
    },
  }
  const stored = beta.toStorage(old)
  assert.deepEqual(stored, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'a' },
    spec: {
      defaultBackend: { service: { name: 's', port: { name: 'http' } } },
      rules: [
        {
          host: 'a.example',
          http: { paths: [{ path: '/', pathType: 'ImplementationSpecific', backend: { service: { name: 'w', port: { number: 80 } } } }] },
        },
      ],
    },
  })
  assert.deepEqual(beta.fromStorage(stored), old)
  assert.equal(beta.legacy, true)
  assert.equal(
    beta.deprecation,
    'extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress',
  )
})

test('an old Deployment finds its selector in the template', () => {
  const labels = { app: 'web' }
  const stored = version(Deployment, 'extensions', 'v1beta1').toStorage({
    metadata: { name: 'a' },
    spec: { template: { metadata: { labels } } },
  } as never)
  assert.deepEqual(stored, {
    apiVersion: 'apps/v1',
    metadata: { name: 'a' },
    spec: {
      template: { metadata: { labels } },
      selector: { matchLabels: labels },
      revisionHistoryLimit: 2147483647,
      progressDeadlineSeconds: 2147483647,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
    },
  })
})

test('an old DaemonSet has its template generation in the spec', () => {
  const beta = version(DaemonSet, 'apps', 'v1beta2')
  const annotations = { 'deprecated.daemonset.template.generation': '3' }
  const shown = beta.fromStorage({ apiVersion: 'apps/v1', metadata: { name: 'a', annotations } })
  assert.deepEqual(shown, { apiVersion: 'apps/v1beta2', metadata: { name: 'a' }, spec: { templateGeneration: 3 } })
  assert.deepEqual(beta.toStorage(shown).metadata, { name: 'a', annotations })
})
