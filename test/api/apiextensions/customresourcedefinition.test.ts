// CustomResourceDefinition: defaults, names, versions, and what a schema may say.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CustomResourceDefinition } from '../../../src/api/apiextensions/customresourcedefinition.ts'
import { created, createErrors, defaulted, updateErrors } from '../strategy.ts'

const names = { plural: 'widgets', kind: 'Widget' }
const root = { type: 'object', properties: { spec: { type: 'object' } } }
const version = (openAPIV3Schema: unknown = root, more: object = {}) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema },
  ...more,
})
const crd = (more: object = {}, name = 'widgets.example.com') => ({
  metadata: { name },
  spec: { group: 'example.com', scope: 'Namespaced', names, versions: [version()], ...more },
})
const withSchema = (schema: unknown) => crd({ versions: [version(schema)] })
const withField = (field: object) => withSchema({ type: 'object', properties: { a: field } })
const top = 'spec.validation.openAPIV3Schema'
const go =
  '{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}'

test('names follow from the kind', () => {
  const { spec } = defaulted(CustomResourceDefinition, crd())
  assert.deepEqual(spec.names, { ...names, singular: 'widget', listKind: 'WidgetList' })
  assert.deepEqual(spec.conversion, { strategy: 'None' })
  assert.deepEqual(created(CustomResourceDefinition, crd()).status?.storedVersions, ['v1'])
})

const cases = [
  { name: 'a good one', given: crd(), want: [] },
  {
    name: 'another name',
    given: crd({}, 'gadgets.example.com'),
    want: ['metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group'],
  },
  { name: 'no scope', given: crd({ scope: undefined }), want: ['spec.scope: Required value'] },
  {
    name: 'two storage versions',
    given: crd({ versions: [version(), version(root, { name: 'v2' })] }),
    want: [`spec.versions: Invalid value: [${go},${go.replace('v1', 'v2')}]: must have exactly one version marked as storage version`],
  },
  {
    name: 'no schema',
    given: crd({ versions: [{ name: 'v1', served: true, storage: true }] }),
    want: ['spec.versions[0].schema.openAPIV3Schema: Required value'],
  },
  {
    name: 'a short name in capitals',
    given: crd({ names: { ...names, shortNames: ['W'] } }),
    want: [
      "spec.names.shortNames[0]: Invalid value: \"W\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
  },
  {
    name: 'a group of the community',
    given: { ...crd({ group: 'x.k8s.io' }), metadata: { name: 'widgets.x.k8s.io' } },
    want: [
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
  },
  { name: 'no type at the root', given: withSchema({}), want: [`${top}.type: Required value: must not be empty at the root`] },
  {
    name: 'a field without type',
    given: withField({}),
    want: [`${top}.properties[a].type: Required value: must not be empty for specified object fields`],
  },
  {
    name: 'a list without items',
    given: withField({ type: 'array' }),
    want: [`${top}.properties[a].items: Required value: must be specified`],
  },
  {
    name: 'an unknown type',
    given: withField({ type: 'float' }),
    want: [
      `${top}.properties[a].type: Unsupported value: "float": supported values: "array", "boolean", "integer", "number", "object", "string"`,
    ],
  },
  {
    name: 'a map key that may be missing',
    given: withField({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: { type: 'string' } } },
    }),
    want: [
      `${top}.properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ],
  },
  {
    name: 'a type inside anyOf',
    given: withField({ type: 'object', anyOf: [{ type: 'object' }] }),
    want: [`${top}.properties[a].anyOf[0].type: Forbidden: must be empty to be structural`],
  },
  {
    name: 'number or text',
    given: withField({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }),
    want: [],
  },
  {
    name: 'metadata described',
    given: withSchema({ type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } }),
    want: [
      `${top}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
    ],
  },
  {
    name: 'a reference',
    given: withField({ type: 'object', $ref: '#/x' }),
    want: [`${top}.properties[a].$ref: Forbidden: $ref is not supported`],
  },
  {
    name: 'a column of an unknown type',
    given: crd({ versions: [version(root, { additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: 'a' }] })] }),
    want: [
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "a": must be a simple json path starting with .',
    ],
  },
  {
    name: 'scale outside of spec',
    given: crd({
      versions: [version(root, { subresources: { scale: { specReplicasPath: '.replicas', statusReplicasPath: '.status.n' } } })],
    }),
    want: ['spec.subresources.scale.specReplicasPath: Invalid value: ".replicas": should be a json path under .spec'],
  },
  {
    name: 'a webhook without address',
    given: crd({ conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'] } } }),
    want: ['spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook'],
  },
]

for (const { name, given, want } of cases) test(name, () => assert.deepEqual(createErrors(CustomResourceDefinition, given), want))

test('a stored version stays', () => {
  const renamed = crd({ versions: [version(root, { name: 'v2' })] })
  const [error] = updateErrors(CustomResourceDefinition, { ...renamed, status: { storedVersions: ['v1', 'v2'] } }, crd())
  assert.match(
    error ?? '',
    /^status\.storedVersions\[0\]: Invalid value: "v1": missing from spec\.versions; v1 was previously a storage version/,
  )
})

test('a schema with a key __proto__ is judged like any other', () => {
  const properties = JSON.parse('{"__proto__": {}}') as object
  assert.deepEqual(createErrors(CustomResourceDefinition, withSchema({ type: 'object', properties })), [
    `${top}.properties[__proto__].type: Required value: must not be empty for specified object fields`,
  ])
})
