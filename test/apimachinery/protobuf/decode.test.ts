import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../../../src/apimachinery/api-error.ts'
import { decodeProtobuf } from '../../../src/apimachinery/protobuf/decode.ts'
import { encodeProtobuf } from '../../../src/apimachinery/protobuf/encode.ts'
import { decodeEnvelope, encodeEnvelope } from '../../../src/apimachinery/protobuf/envelope.ts'
import { definitionNames, factsOf, schemaOf } from '../../../src/apimachinery/schema/from-openapi.ts'
import { arbitraryOf } from './arbitrary.ts'

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name))

test('a deployment as kubectl 1.35 sends it', () => {
  const { apiVersion, kind, raw } = decodeEnvelope(fixture('kubectl-1.35-create-deployment.pb'))
  assert.deepEqual({ apiVersion, kind }, { apiVersion: 'apps/v1', kind: 'Deployment' })
  assert.deepEqual(decodeProtobuf(raw, schemaOf('io.k8s.api.apps.v1.Deployment')), {
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'nginx', image: 'nginx:1.27', ports: [{ containerPort: 8080 }], resources: {} }] },
      },
      strategy: {},
    },
    status: {},
  })
})

test('a secret as kubectl 1.35 sends it', () => {
  const { raw } = decodeEnvelope(fixture('kubectl-1.35-create-secret.pb'))
  assert.deepEqual(decodeProtobuf(raw, schemaOf('io.k8s.api.core.v1.Secret')), {
    metadata: { name: 'credentials', namespace: 'shop' },
    data: { user: 'YWRtaW4=' },
  })
})

test('values with messages of their own survive', () => {
  const cases: { name: string; type: string; given: Record<string, unknown> }[] = [
    {
      name: 'times',
      type: 'io.k8s.api.coordination.v1.LeaseSpec',
      given: { acquireTime: '2026-01-02T03:04:05.000678Z', leaseDurationSeconds: 0 },
    },
    { name: 'int-or-string', type: 'io.k8s.api.policy.v1.PodDisruptionBudgetSpec', given: { minAvailable: '50%', maxUnavailable: -1 } },
    { name: 'quantities', type: 'io.k8s.api.core.v1.ResourceRequirements', given: { limits: { cpu: '500m', memory: '1Gi' } } },
    { name: 'inlined messages', type: 'io.k8s.api.core.v1.Volume', given: { name: 'v', configMap: { name: 'c', optional: false } } },
    { name: 'lists that are messages', type: 'io.k8s.api.authentication.v1.UserInfo', given: { extra: { scopes: ['a', 'b'], none: [] } } },
    { name: 'int64', type: 'io.k8s.api.core.v1.SecurityContext', given: { runAsUser: 9007199254740993n } },
    {
      name: 'a map key that is dangerous elsewhere',
      type: 'io.k8s.api.core.v1.ConfigMap',
      given: { data: JSON.parse('{"__proto__":"x"}') },
    },
    {
      name: 'raw objects',
      type: 'io.k8s.api.apps.v1.ControllerRevision',
      given: { metadata: {}, data: { spec: { a: [1, 'b', null] } }, revision: 7 },
    },
    {
      name: 'schema unions',
      type: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps',
      given: { additionalProperties: false, items: { type: 'string' }, default: { a: 1 }, enum: [1, 'x'], dependencies: { a: ['b'] } },
    },
  ]
  for (const { name, type, given } of cases)
    assert.deepEqual(decodeProtobuf(encodeProtobuf(given, schemaOf(type)), schemaOf(type)), given, name)
})

test('a zero value comes out as Go writes it', () => {
  const given = { name: '', hostPort: 0, containerPort: 0 }
  const port = schemaOf('io.k8s.api.core.v1.ContainerPort')
  assert.deepEqual(decodeProtobuf(encodeProtobuf(given, port), port), { containerPort: 0 })
  const spec = schemaOf('io.k8s.api.apps.v1.DeploymentSpec')
  assert.deepEqual(decodeProtobuf(encodeProtobuf({ replicas: 0, paused: false }, spec), spec), { replicas: 0 })
})

test('any object of any kind survives JSON → protobuf → JSON', () => {
  const kinds = definitionNames().filter((name) => factsOf(name)?.g !== undefined && !name.includes('meta.v1.Table'))
  const property = fc.property(
    fc.constantFrom(...kinds).chain((name) => fc.tuple(fc.constant(name), arbitraryOf(schemaOf(name)))),
    ([name, object]) => {
      const schema = schemaOf(name)
      const once = decodeProtobuf(encodeProtobuf(object, schema), schema)
      assert.deepEqual(decodeProtobuf(encodeProtobuf(once, schema), schema), once)
      assert.deepEqual(once, object)
    },
  )
  fc.assert(property, { numRuns: 150 })
})

test('garbage is refused with 400, never a crash', () => {
  const pod = schemaOf('io.k8s.api.core.v1.Pod')
  const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    try {
      decodeProtobuf(bytes, pod)
    } catch (error) {
      assert.ok(error instanceof ApiError && error.code === 400, String(error))
    }
  })
  fc.assert(property, { numRuns: 500 })
})

test('a body cut or changed anywhere is refused or read, never a crash', () => {
  const { raw } = decodeEnvelope(fixture('kubectl-1.35-create-deployment.pb'))
  const deployment = schemaOf('io.k8s.api.apps.v1.Deployment')
  for (let at = 0; at < raw.length; at++) {
    for (const bytes of [raw.slice(0, at), raw.with(at, raw[at]! ^ 0xff)]) {
      try {
        decodeProtobuf(bytes, deployment)
      } catch (error) {
        assert.ok(error instanceof ApiError && error.code === 400, String(error))
      }
    }
  }
})

test('depth and number of values are limited', () => {
  const props = schemaOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')
  let deep: Record<string, unknown> = {}
  for (let i = 0; i < 300; i++) deep = { not: deep }
  assert.throws(() => decodeProtobuf(encodeProtobuf(deep, props), props), /nesting depth/)
  const list = schemaOf('io.k8s.api.core.v1.PodSpec')
  const many = encodeProtobuf({ containers: Array.from({ length: 100 }, () => ({})) }, list)
  assert.throws(() => decodeProtobuf(many, list, { values: 50 }), /too many values/)
})

test('the envelope is opened, and anything else refused', () => {
  const raw = Uint8Array.of(1, 2, 3)
  const { apiVersion, kind, raw: back } = decodeEnvelope(encodeEnvelope('v1', 'Pod', raw))
  assert.deepEqual({ apiVersion, kind, back: [...back] }, { apiVersion: 'v1', kind: 'Pod', back: [1, 2, 3] })
  assert.throws(() => decodeEnvelope(new TextEncoder().encode('{"kind":"Pod"}')), /expected prefix \[107 56 115 0\]/)
  assert.throws(() => decodeEnvelope(new Uint8Array(0)), /empty data/)
})
