import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson, stringifyJson } from '../../src/apimachinery/json.ts'
import { decode, decodeValue } from '../../src/apimachinery/schema/decode.ts'
import { schemaOf } from '../../src/apimachinery/schema/from-openapi.ts'
import type { Schema } from '../../src/apimachinery/schema/schema.ts'

const deployment = schemaOf('io.k8s.api.apps.v1.Deployment')
const pod = schemaOf('io.k8s.api.core.v1.Pod')
const secret = schemaOf('io.k8s.api.core.v1.Secret')
const core = (name: string) => schemaOf(`io.k8s.api.core.v1.${name}`)

test('objects come out as Go would write them', () => {
  const table: { schema: Schema; given: unknown; want: unknown }[] = [
    {
      schema: deployment,
      given: {},
      want: { metadata: {}, spec: { template: { metadata: {}, spec: { containers: [] } }, strategy: {} }, status: {} },
    },
    { schema: core('Service'), given: { spec: { type: '' } }, want: { metadata: {}, spec: {}, status: { loadBalancer: {} } } },
    {
      schema: core('ConfigMap'),
      given: { data: {}, metadata: { labels: {}, creationTimestamp: null, generation: 0 } },
      want: { metadata: {} },
    },
    { schema: core('Container'), given: { name: 'a', command: [], stdin: false }, want: { name: 'a', resources: {} } },
    { schema: core('PodSecurityContext'), given: { runAsUser: 0, runAsNonRoot: false }, want: { runAsUser: 0, runAsNonRoot: false } },
    {
      schema: core('PodCondition'),
      given: { type: 'A', status: 'True' },
      want: { type: 'A', status: 'True', lastProbeTime: null, lastTransitionTime: null },
    },
    {
      schema: core('ResourceRequirements'),
      given: { limits: { cpu: 1.5, memory: '0.5Gi', x: null } },
      want: { limits: { cpu: '1500m', memory: '512Mi', x: '0' } },
    },
    { schema: core('ServicePort'), given: { port: 80, targetPort: 'http' }, want: { port: 80, targetPort: 'http' } },
    { schema: core('ServicePort'), given: { port: 80 }, want: { port: 80, targetPort: 0 } },
    { schema: core('Volume'), given: { name: 'a', emptyDir: {} }, want: { name: 'a', emptyDir: {} } },
    { schema: schemaOf('io.k8s.api.networking.v1.NetworkPolicySpec'), given: { ingress: [{}] }, want: { podSelector: {}, ingress: [{}] } },
    { schema: core('PodSpec'), given: { containers: [null], nodeSelector: {} }, want: { containers: [{ name: '', resources: {} }] } },
    { schema: core('PodStatus'), given: { startTime: '2020-01-01T02:00:00.5+02:00' }, want: { startTime: '2020-01-01T00:00:00Z' } },
    {
      schema: schemaOf('io.k8s.api.coordination.v1.LeaseSpec'),
      given: { renewTime: '2020-01-01T00:00:00.123456Z' },
      want: { renewTime: '2020-01-01T00:00:00.123456Z' },
    },
    { schema: secret, given: { data: { a: 'YWJj\n', __x: null } }, want: { metadata: {}, data: { a: 'YWJj', __x: '' } } },
  ]
  for (const { schema, given, want } of table) {
    const value: Record<string, unknown> = decodeValue(given, schema)
    assert.deepEqual(JSON.parse(JSON.stringify(value)), want)
    assert.deepEqual(decodeValue(value, schema), value, 'decoding is idempotent')
  }
})

test('wrong types and malformed values are refused in the words of Go', () => {
  const table: { schema: Schema; given: unknown; want: string }[] = [
    {
      schema: deployment,
      given: { spec: { replicas: 'x' } },
      want: 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    },
    {
      schema: deployment,
      given: { spec: { replicas: 1.5 } },
      want: 'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    },
    {
      schema: deployment,
      given: { spec: { replicas: 3e9 } },
      want: 'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
    },
    {
      schema: deployment,
      given: { spec: [] },
      want: 'json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec',
    },
    {
      schema: core('ConfigMap'),
      given: { data: { a: 1 } },
      want: 'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    },
    {
      schema: pod,
      given: { spec: { containers: [{}, 5] } },
      want: 'json: cannot unmarshal number into Go struct field PodSpec.spec.containers of type v1.Container',
    },
    {
      schema: pod,
      given: { spec: { containers: {} } },
      want: 'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    },
    {
      schema: pod,
      given: { spec: { containers: [{ imagePullPolicy: true }] } },
      want: 'json: cannot unmarshal bool into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy',
    },
    {
      schema: pod,
      given: { metadata: { creationTimestamp: 5 } },
      want: 'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string',
    },
    {
      schema: pod,
      given: { metadata: { creationTimestamp: 'x' } },
      want: 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
    },
    {
      schema: pod,
      given: { metadata: { creationTimestamp: '2020-02-30T00:00:00Z' } },
      want: 'parsing time "2020-02-30T00:00:00Z": day out of range',
    },
    {
      schema: core('ResourceRequirements'),
      given: { limits: { cpu: 'x' } },
      want: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    },
    { schema: secret, given: { data: { a: 'abc' } }, want: 'illegal base64 data at input byte 0' },
    { schema: secret, given: { data: { a: 'ab!d' } }, want: 'illegal base64 data at input byte 2' },
    {
      schema: core('ServicePort'),
      given: { port: 1, targetPort: false },
      want: 'json: cannot unmarshal bool into Go struct field ServicePort.targetPort of type int32',
    },
    { schema: pod, given: [], want: 'json: cannot unmarshal array into Go value of type v1.Pod' },
  ]
  for (const { schema, given, want } of table) assert.throws(() => decodeValue(given, schema), { message: want })
})

test('unknown and duplicate fields are dropped, and reported as asked', () => {
  const given = { spec: { foo: 1, template: { spec: { containers: [{ name: 'a', bar: 2 }] } } }, toString: 1 }
  const options = { kind: 'Deployment', version: 'v1', duplicates: ['spec.replicas'] }
  const { object, warnings } = decode<{ spec: object }>(given, deployment, options)
  assert.equal('foo' in object.spec, false)
  assert.deepEqual(warnings, [
    'duplicate field "spec.replicas"',
    'unknown field "spec.foo"',
    'unknown field "spec.template.spec.containers[0].bar"',
    'unknown field "toString"',
  ])
  assert.deepEqual(decode(given, deployment, { ...options, fieldValidation: 'Ignore' }).warnings, [])
  assert.throws(() => decode({ spec: { foo: 1 } }, deployment, { ...options, fieldValidation: 'Strict' }), {
    code: 400,
    reason: 'BadRequest',
    message:
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: duplicate field "spec.replicas", unknown field "spec.foo"',
  })
})

test('custom resources are pruned by their schema, metadata is typed', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          known: { type: 'string' },
          free: { type: 'object', preserveUnknownFields: true, properties: { a: { type: 'object', properties: {} } } },
          map: { type: 'object', additionalProperties: { type: 'object', properties: { x: { type: 'integer' } } } },
          list: { type: 'array', items: { type: 'object', properties: { x: { type: 'integer' } } } },
          embedded: { type: 'object', embeddedResource: true, properties: { spec: { type: 'object' } } },
        },
      },
    },
  }
  const given = parseJson(
    '{"apiVersion":"a/v1","kind":"A","metadata":{"name":"x","labels":{"__proto__":"p"},"odd":1},"spec":{"known":5,"other":1,"free":{"b":1,"a":{"c":1}},"map":{"__proto__":{"x":1,"y":2}},"list":[{"y":1}],"embedded":{"kind":"B","y":1}}}',
  )
  const { object, warnings } = decode(given, schema)
  assert.equal(
    stringifyJson(object),
    '{"apiVersion":"a/v1","kind":"A","metadata":{"name":"x","labels":{"__proto__":"p"}},"spec":{"known":5,"free":{"b":1,"a":{}},"map":{"__proto__":{"x":1}},"list":[{}],"embedded":{"kind":"B"}}}',
  )
  assert.deepEqual(warnings, [
    'unknown field "metadata.odd"',
    ...['embedded.y', 'free.a.c', 'list[0].y', 'map.__proto__.y', 'other'].map((path) => `unknown field "spec.${path}"`),
  ])
  assert.throws(() => decode({ metadata: { labels: { a: 1 } } }, schema), {
    message: 'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
  })
})

test('decoding is idempotent and never fails but with a message for the client', () => {
  const leaf = fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('1Gi', '2020-01-01T00:00:00Z', {}, []),
  )
  const container = fc.record(
    {
      name: leaf,
      image: leaf,
      command: fc.oneof(leaf, fc.array(fc.string(), { maxLength: 2 })),
      resources: fc.oneof(leaf, fc.record({ limits: fc.dictionary(fc.string({ maxLength: 3 }), leaf) })),
    },
    { requiredKeys: [] },
  )
  const spec = fc.record(
    {
      containers: fc.oneof(leaf, fc.array(container, { maxLength: 2 })),
      nodeName: leaf,
      hostNetwork: leaf,
      terminationGracePeriodSeconds: leaf,
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(
      fc.record({ metadata: fc.oneof(leaf, fc.record({ labels: fc.dictionary(fc.string(), fc.string()) })), spec }, { requiredKeys: [] }),
      (given) => {
        let once: object
        try {
          once = decodeValue<object>(given, pod)
        } catch (error) {
          assert.equal((error as Error).constructor.name, 'DecodeError')
          return
        }
        assert.deepEqual(decodeValue(once, pod), once)
      },
    ),
    { numRuns: 300 },
  )
})
