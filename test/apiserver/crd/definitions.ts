// Custom resource definitions of the shapes that real projects use, in our own words.
type Json = Record<string, unknown>

const object = (properties: Json, more: Json = {}) => ({ type: 'object', properties, ...more })
const string = (more: Json = {}) => ({ type: 'string', ...more })
const integer = (more: Json = {}) => ({ type: 'integer', ...more })
const list = (items: Json, more: Json = {}) => ({ type: 'array', items, ...more })

/** What every condition of a status has. */
const conditions = list(
  object(
    {
      type: string(),
      status: string({ enum: ['True', 'False', 'Unknown'] }),
      reason: string(),
      message: string({ maxLength: 1024 }),
      lastTransitionTime: string({ format: 'date-time' }),
    },
    { required: ['type', 'status'] },
  ),
  { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] },
)

export interface Names {
  plural: string
  kind: string
  singular?: string
  shortNames?: string[]
  categories?: string[]
}

/** A definition with its name made of plural and group. */
export function definition(group: string, names: Names, versions: Json[], scope = 'Namespaced'): Json {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${group}` },
    spec: { group, names, scope, versions },
  }
}

/** One served and stored version. */
export function version(name: string, schema: Json, more: Json = {}): Json {
  return { name, served: true, storage: true, schema: { openAPIV3Schema: schema }, ...more }
}

/** Certificates of an issuer: required fields, durations, a status with conditions, columns. */
export const certificates = definition(
  'certs.example.com',
  { plural: 'certificates', kind: 'Certificate', shortNames: ['cert', 'certs'], categories: ['issuance'] },
  [
    version(
      'v1',
      object(
        {
          spec: object(
            {
              secretName: string({ minLength: 1 }),
              dnsNames: list(string({ format: 'hostname' }), { minItems: 1, maxItems: 3 }),
              duration: string({ default: '2160h' }),
              privateKey: object(
                {
                  algorithm: string({ enum: ['RSA', 'ECDSA', 'Ed25519'], default: 'RSA' }),
                  size: integer({ minimum: 256, maximum: 8192, multipleOf: 256 }),
                },
                { default: {} },
              ),
              issuerRef: object({ name: string(), kind: string({ default: 'Issuer' }) }, { required: ['name'] }),
              usages: list(string(), { 'x-kubernetes-list-type': 'set' }),
            },
            { required: ['secretName', 'issuerRef'] },
          ),
          status: object({ conditions, notAfter: string({ format: 'date-time' }), revision: integer() }),
        },
        { required: ['spec'] },
      ),
      {
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Secret', type: 'string', jsonPath: '.spec.secretName' },
          { name: 'Issuer', type: 'string', jsonPath: '.spec.issuerRef.name', priority: 1, description: 'Who signs it.' },
          { name: 'Revision', type: 'integer', jsonPath: '.status.revision' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      },
    ),
  ],
)

/** Monitors: int-or-string ports, free-form parts, an embedded object, scale. */
export const monitors = definition('metrics.example.com', { plural: 'monitors', kind: 'Monitor', shortNames: ['mon'] }, [
  version(
    'v1',
    object({
      spec: object({
        replicas: integer({ format: 'int32', default: 1 }),
        targetPort: { 'x-kubernetes-int-or-string': true },
        scrapeInterval: string({ pattern: '^([0-9]+(ms|s|m|h))+$' }),
        extra: object({}, { 'x-kubernetes-preserve-unknown-fields': true }),
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
        labels: { type: 'object', additionalProperties: string() },
        nothing: string({ nullable: true }),
      }),
      status: object({ replicas: integer(), selector: string() }),
    }),
    {
      subresources: {
        status: {},
        scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
      },
      selectableFields: [{ jsonPath: '.spec.scrapeInterval' }],
    },
  ),
])

/** Workflows without a status path: everything may be written at once, and everything counts as a new generation. */
export const workflows = definition('flow.example.com', { plural: 'workflows', kind: 'Workflow', shortNames: ['wf'] }, [
  version(
    'v1alpha1',
    object({
      spec: object({}, { 'x-kubernetes-preserve-unknown-fields': true }),
      status: object({}, { 'x-kubernetes-preserve-unknown-fields': true }),
    }),
  ),
])

/** A kind of the whole cluster in two versions; the older one is deprecated and has fewer fields. */
export const zones = definition(
  'dns.example.com',
  { plural: 'zones', kind: 'Zone' },
  [
    version('v1', object({ spec: object({ domain: string(), ttl: integer({ default: 300 }), view: string() }) }), {
      additionalPrinterColumns: [{ name: 'Domain', type: 'string', jsonPath: '.spec.domain' }],
    }),
    {
      ...version('v1beta1', object({ spec: object({ domain: string(), ttl: integer({ default: 60 }) }) })),
      storage: false,
      deprecated: true,
      deprecationWarning: 'dns.example.com/v1beta1 Zone is old; use v1',
    },
  ],
  'Cluster',
)

/** Routes of a gateway: lists with keys, rules in CEL. */
export const routes = definition('gateway.example.com', { plural: 'routes', kind: 'Route' }, [
  version(
    'v1',
    object(
      {
        spec: object(
          {
            hostnames: list(string({ maxLength: 253 }), { maxItems: 16 }),
            parents: list(
              object(
                { name: string({ maxLength: 253 }), port: integer({ format: 'int32', minimum: 1, maximum: 65535 }) },
                { required: ['name'] },
              ),
              { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], maxItems: 8 },
            ),
            minReplicas: integer(),
            maxReplicas: integer(),
            class: string({
              maxLength: 64,
              'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'class cannot be changed' }],
            }),
          },
          {
            'x-kubernetes-validations': [
              {
                rule: '!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas',
                messageExpression: "'minReplicas ' + string(self.minReplicas) + ' is above maxReplicas ' + string(self.maxReplicas)",
                fieldPath: '.minReplicas',
                reason: 'FieldValueForbidden',
              },
              { rule: "!has(self.hostnames) || self.hostnames.all(h, !h.startsWith('*'))", message: 'no wildcards' },
            ],
          },
        ),
        status: object({ conditions }),
      },
      { required: ['spec'] },
    ),
    { subresources: { status: {} } },
  ),
])
