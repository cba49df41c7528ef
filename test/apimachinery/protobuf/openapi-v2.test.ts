import assert from 'node:assert/strict'
import { test } from 'node:test'
import protobuf from 'protobufjs'
import { parse } from 'yaml'
import { encodeOpenApiV2 } from '../../../src/apimachinery/protobuf/openapi-v2.ts'

// the part of gnostic's OpenAPIv2.proto that kubectl reads, for an independent decoder
const proto = `syntax = "proto3"; package openapi.v2;
message Any { string yaml = 2; }
message NamedAny { string name = 1; Any value = 2; }
message NamedSchema { string name = 1; Schema value = 2; }
message Properties { repeated NamedSchema additional_properties = 1; }
message TypeItem { repeated string value = 1; }
message ItemsItem { repeated Schema schema = 1; }
message AdditionalPropertiesItem { Schema schema = 1; bool boolean = 2; }
message Schema { string ref = 1; string format = 2; string description = 4; double minimum = 9; repeated string required = 19; repeated Any enum = 20;
  AdditionalPropertiesItem additional_properties = 21; TypeItem type = 22; ItemsItem items = 23; Properties properties = 25; repeated NamedAny vendor_extension = 31; }
message Info { string title = 1; string version = 2; }
message SchemaItem { Schema schema = 1; }
message Response { string description = 1; SchemaItem schema = 2; }
message ResponseValue { Response response = 1; }
message NamedResponseValue { string name = 1; ResponseValue value = 2; }
message Responses { repeated NamedResponseValue response_code = 1; }
message BodyParameter { string name = 2; string in = 3; bool required = 4; Schema schema = 5; }
message QueryParameterSubSchema { bool required = 1; string in = 2; string description = 3; string name = 4; string type = 6; bool unique_items = 20; }
message PathParameterSubSchema { bool required = 1; string in = 2; string description = 3; string name = 4; string type = 5; bool unique_items = 19; }
message NonBodyParameter { QueryParameterSubSchema query = 3; PathParameterSubSchema path = 4; }
message Parameter { BodyParameter body = 1; NonBodyParameter non_body = 2; }
message ParametersItem { Parameter parameter = 1; }
message Operation { repeated string tags = 1; string description = 3; string operation_id = 5; repeated string produces = 6; repeated string consumes = 7;
  repeated ParametersItem parameters = 8; Responses responses = 9; repeated string schemes = 10; repeated NamedAny vendor_extension = 13; }
message PathItem { Operation get = 2; Operation patch = 8; repeated ParametersItem parameters = 9; }
message NamedPathItem { string name = 1; PathItem value = 2; }
message Paths { repeated NamedPathItem path = 2; }
message Definitions { repeated NamedSchema additional_properties = 1; }
message Document { string swagger = 1; Info info = 2; Paths paths = 8; Definitions definitions = 9; }`

interface NamedAny {
  name: string
  value: { yaml: string }
}

const gvk = { group: 'apps', kind: 'Deployment', version: 'v1' }
const document = {
  swagger: '2.0',
  info: { title: 'Kubernetes', version: 'v1.36.0' },
  paths: {
    '/x/{name}': {
      patch: {
        tags: ['apps_v1'],
        description: 'change it',
        operationId: 'patchX',
        produces: ['application/json'],
        consumes: ['a', 'b'],
        schemes: ['https'],
        parameters: [
          { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/X' } },
          { name: 'fieldValidation', in: 'query', type: 'string', uniqueItems: true, description: 'how' },
        ],
        responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/X' } }, 401: { description: 'Unauthorized' } },
        'x-kubernetes-action': 'patch',
        'x-kubernetes-group-version-kind': gvk,
      },
      parameters: [{ name: 'name', in: 'path', required: true, type: 'string', uniqueItems: true }],
    },
  },
  definitions: {
    X: {
      type: 'object',
      required: ['ports'],
      'x-kubernetes-group-version-kind': [gvk],
      properties: {
        ports: {
          type: 'array',
          items: { $ref: '#/definitions/Y' },
          'x-kubernetes-patch-merge-key': 'port',
          description: 'Ports – all of them',
        },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        any: { type: 'object', additionalProperties: true },
        level: { type: 'integer', format: 'int32', minimum: 1.5, enum: [2, 3] },
      },
    },
  },
}

test('an independent decoder reads what was encoded', async () => {
  const type = protobuf.parse(proto, { keepCase: true }).root.lookupType('openapi.v2.Document')
  const got = type.toObject(type.decode(await encodeOpenApiV2(document)))
  assert.deepEqual({ swagger: got.swagger, info: got.info }, { swagger: '2.0', info: { title: 'Kubernetes', version: 'v1.36.0' } })
  const { name, value: item } = got.paths.path[0]
  assert.equal(name, '/x/{name}')
  assert.deepEqual(item.parameters, [
    { parameter: { non_body: { path: { name: 'name', in: 'path', required: true, type: 'string', unique_items: true } } } },
  ])
  const { vendor_extension: marks, ...patch } = item.patch
  assert.deepEqual(patch, {
    tags: ['apps_v1'],
    description: 'change it',
    operation_id: 'patchX',
    produces: ['application/json'],
    consumes: ['a', 'b'],
    schemes: ['https'],
    parameters: [
      { parameter: { body: { name: 'body', in: 'body', required: true, schema: { ref: '#/definitions/X' } } } },
      {
        parameter: {
          non_body: { query: { name: 'fieldValidation', in: 'query', type: 'string', unique_items: true, description: 'how' } },
        },
      },
    ],
    responses: {
      response_code: [
        { name: '200', value: { response: { description: 'OK', schema: { schema: { ref: '#/definitions/X' } } } } },
        { name: '401', value: { response: { description: 'Unauthorized' } } },
      ],
    },
  })
  assert.deepEqual(
    marks.map((mark: NamedAny) => [mark.name, parse(mark.value.yaml)]),
    [
      ['x-kubernetes-action', 'patch'],
      ['x-kubernetes-group-version-kind', gvk],
    ],
  )
  const schema = got.definitions.additional_properties[0].value
  assert.deepEqual(parse(schema.vendor_extension[0].value.yaml), [gvk])
  const properties = Object.fromEntries(schema.properties.additional_properties.map((one: NamedAny) => [one.name, one.value]))
  assert.deepEqual(properties.labels, { type: { value: ['object'] }, additional_properties: { schema: { type: { value: ['string'] } } } })
  assert.deepEqual(properties.any, { type: { value: ['object'] }, additional_properties: { boolean: true } })
  assert.deepEqual(
    { ...properties.level, enum: properties.level.enum.map((one: { yaml: string }) => parse(one.yaml)) },
    { type: { value: ['integer'] }, format: 'int32', minimum: 1.5, enum: [2, 3] },
  )
  assert.equal(properties.ports.description, 'Ports – all of them')
  assert.deepEqual(properties.ports.items, { schema: [{ ref: '#/definitions/Y' }] })
})
