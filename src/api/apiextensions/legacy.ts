// CustomResourceDefinition in apiextensions.k8s.io/v1beta1: schema, subresources and columns may stand once for all versions,
// unknown fields are kept unless it says otherwise, and a schema may be missing.
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../../../openapi/types/apiextensions/v1.ts'
import type {
  CustomResourceDefinition as OldDefinition,
  CustomResourceDefinitionSpec as OldSpec,
  CustomResourceDefinitionVersion as OldVersion,
} from '../../../openapi/types/apiextensions/v1beta1.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'

/** Both ways of the conversion, for `served`. */
export const oldDefinition = {
  toStorage: (object: KubeObject): KubeObject => {
    const { spec } = object as OldDefinition
    return spec ? ({ ...object, spec: specFromBeta(spec) } as KubeObject) : object
  },
  fromStorage: (object: KubeObject): KubeObject => {
    const { spec } = object as CustomResourceDefinition
    return spec ? ({ ...object, spec: specToBeta(spec) } as KubeObject) : object
  },
}

function specFromBeta(spec: OldSpec): CustomResourceDefinitionSpec {
  const { version, validation, subresources, additionalPrinterColumns, selectableFields, versions, preserveUnknownFields = true } = spec
  const common = defined({ schema: validation, subresources, additionalPrinterColumns, selectableFields })
  const all = versions?.length ? versions : version ? [{ name: version, served: true, storage: true }] : []
  const { webhookClientConfig, conversionReviewVersions, strategy } = spec.conversion ?? { strategy: 'None' }
  const webhook = webhookClientConfig && {
    clientConfig: webhookClientConfig,
    conversionReviewVersions: conversionReviewVersions ?? ['v1beta1'],
  }
  return {
    group: spec.group,
    names: spec.names,
    scope: spec.scope || 'Namespaced',
    versions: all.map((one) => versionFromBeta({ ...common, ...one }, preserveUnknownFields)),
    ...(spec.conversion ? { conversion: defined({ strategy, webhook }) } : {}),
  } as CustomResourceDefinitionSpec
}

/** What kept unknown fields as a whole keeps them from the root of its schema on. */
function versionFromBeta(version: OldVersion, keepUnknown: boolean): CustomResourceDefinitionVersion {
  const { additionalPrinterColumns: columns, schema, ...rest } = version
  const root = schema?.openAPIV3Schema
  const keep = keepUnknown || root === undefined ? { 'x-kubernetes-preserve-unknown-fields': true } : {}
  return {
    ...rest,
    schema: { openAPIV3Schema: { type: 'object', ...root, ...keep } },
    ...(columns ? { additionalPrinterColumns: columns.map(({ JSONPath, ...column }) => ({ ...column, jsonPath: JSONPath })) } : {}),
  } as CustomResourceDefinitionVersion
}

const shared = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

function specToBeta(spec: CustomResourceDefinitionSpec): OldSpec {
  const { conversion, versions: stored, ...rest } = spec
  const versions = (stored ?? []).map(versionToBeta)
  const first = versions[0]
  const hoisted: Record<string, unknown> = {}
  for (const field of shared) {
    const text = JSON.stringify(first?.[field])
    if (first === undefined || text === undefined || versions.some((one) => JSON.stringify(one[field]) !== text)) continue
    hoisted[field === 'schema' ? 'validation' : field] = first[field]
    for (const one of versions) delete one[field]
  }
  const { clientConfig, conversionReviewVersions } = conversion?.webhook ?? {}
  return {
    ...rest,
    ...(first ? { version: first.name } : {}),
    ...hoisted,
    versions,
    ...(conversion
      ? { conversion: defined({ strategy: conversion.strategy, webhookClientConfig: clientConfig, conversionReviewVersions }) }
      : {}),
    preserveUnknownFields: spec.preserveUnknownFields ?? false,
  } as OldSpec
}

function versionToBeta({ additionalPrinterColumns: columns, ...version }: CustomResourceDefinitionVersion): OldVersion {
  const old = columns?.map(({ jsonPath, ...column }) => ({ ...column, JSONPath: jsonPath }))
  return { ...version, ...(old ? { additionalPrinterColumns: old } : {}) } as OldVersion
}

function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}
