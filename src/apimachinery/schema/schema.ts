// The one schema language at run time: structural OpenAPI, as built-in kinds (openapi/schema.json) and CRDs (openAPIV3Schema) both give it.
// A Schema may be cyclic (JSONSchemaProps refers to itself), so walk values, never schemas.

/** Values whose JSON form is more than their type says. */
export type SchemaFormat =
  | 'int32'
  | 'int64'
  | 'float'
  | 'double'
  | 'byte' // base64 string
  | 'date-time' // metav1.Time, whole seconds
  | 'micro-time' // metav1.MicroTime, six digits
  | 'duration' // metav1.Duration, "1h2m3s"
  | 'quantity' // resource.Quantity: string (a number is accepted and made a string)
  | 'int-or-string'
  | 'fields-v1' // metav1.FieldsV1: free-form object
  | 'raw-extension' // runtime.RawExtension: any object
  | (string & {})

export interface Schema {
  /** Absent for int-or-string and free-form values. */
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  format?: SchemaFormat
  /** Struct fields. Absent on free-form objects and maps. */
  properties?: Record<string, Schema>
  required?: readonly string[]
  /** Values of a string-keyed map (`true`: any). */
  additionalProperties?: Schema | true
  items?: Schema
  enum?: readonly unknown[]
  default?: unknown
  nullable?: boolean
  /** x-kubernetes-preserve-unknown-fields. */
  preserveUnknownFields?: boolean
  /** x-kubernetes-embedded-resource. */
  embeddedResource?: boolean
  /** x-kubernetes-int-or-string. */
  intOrString?: boolean
  /** x-kubernetes-list-type; absent means atomic. */
  listType?: 'atomic' | 'set' | 'map'
  listMapKeys?: readonly string[]
  /** x-kubernetes-map-type; absent means granular. */
  mapType?: 'granular' | 'atomic'
  /** x-kubernetes-patch-strategy, e.g. ['merge', 'retainKeys']; absent means replace (lists) or merge (maps). */
  patchStrategy?: readonly string[]
  patchMergeKey?: string
  /** Built-in types only: the definition's name, e.g. io.k8s.api.core.v1.PodSpec, and its Go name (`PodSpec`, `core.PodSpec` in messages). */
  typeName?: string
  /** Built-in struct fields only: protobuf number and wire type of the field (see openapi/schema.json). */
  proto?: ProtoField
  /**
   * Built-in struct fields only: the Go encoder leaves the zero value out (omitempty / omitzero). Not set on a struct value with mere omitempty:
   * Go writes it always (`status: {}`).
   */
  omitEmpty?: boolean
  /** Built-in struct fields only: the Go field is a pointer, so an absent value differs from a zero one (`replicas: 0` is kept). */
  pointer?: boolean
  /** Built-in struct fields only: tagged omitzero, so a zero struct or time is left out (without it Go emits `{}` or null). */
  omitZero?: boolean
  /** Built-in types only: the Go type as error messages print it (`int32`, `[]string`, `v1.PullPolicy`, `map[string]string`). */
  goType?: string
  description?: string
  /** CRD value validations (pattern, minimum, maxLength, oneOf, x-kubernetes-validations …): checked by schema/validate.ts. */
  validations?: SchemaValidations
}

export interface ProtoField {
  number: number
  /** The gogo tag's wire kind. */
  wire: 'varint' | 'bytes' | 'fixed64' | 'fixed32' | 'zigzag'
  repeated?: boolean
  /** Numbers of the inlined messages that carry the field, outermost first (Volume.hostPath lies in volumeSource, number 2). */
  via?: readonly number[]
  /** A list that is a message of its own, `{1: items}` (authentication ExtraValue). */
  wrapped?: boolean
}

export interface SchemaValidations {
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: boolean
  exclusiveMaximum?: boolean
  multipleOf?: number
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  minProperties?: number
  maxProperties?: number
  allOf?: readonly Schema[]
  anyOf?: readonly Schema[]
  oneOf?: readonly Schema[]
  not?: Schema
  rules?: readonly {
    rule: string
    message?: string
    messageExpression?: string
    reason?: string
    fieldPath?: string
    optionalOldSelf?: boolean
  }[]
}
