// A CustomResourceDefinition → the Kind that serves its objects: one stored version, the others by pruning and renaming, or by a webhook. Pure.
import type {
  CustomResourceDefinition as Crd,
  CustomResourceDefinitionVersion as Version,
} from '../../../openapi/types/apiextensions/v1.ts'
import { forbidden } from '../../apimachinery/api-error.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import { compileJsonPath } from '../../apimachinery/jsonpath.ts'
import type { Kind, KindSpec, ServedVersion } from '../../apimachinery/kind.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { apiVersionOf } from '../../apimachinery/meta.ts'
import { fromJsonSchema } from '../../apimachinery/schema/from-json-schema.ts'
import { pruned } from '../../apimachinery/schema/prune.ts'
import type { Schema } from '../../apimachinery/schema/schema.ts'
import { customColumns } from './columns.ts'
import { isTrue } from './conditions.ts'
import { finalizerWarnings } from './finalizer-warnings.ts'
import { customErrors } from './validation.ts'

type Fields = Record<string, unknown>

/** What a Kind of a definition depends on besides the definition. */
export interface ServingOptions {
  /** Aborts when the kind is served no more. */
  ended: AbortSignal
  /** Asks the conversion webhook; absent: strategy None. */
  convert?: KindSpec['convert']
}

/** The kind by the names that the definition has been given; undefined when it has none or no stored version. */
export function kindOf(crd: Crd, { ended, convert }: ServingOptions): Kind | undefined {
  const { spec, status } = crd
  const names = status?.acceptedNames
  const stored = spec.versions.find(({ storage }) => storage)
  if (names === undefined || !names.plural || !names.kind || stored === undefined) return undefined
  const schema = schemaOf(stored)
  const others = spec.versions.filter(({ served, storage }) => served && !storage)
  const terminating = isTrue(crd, 'Terminating')
  return defineKind<KubeObject>({
    group: spec.group,
    version: stored.name,
    kind: names.kind,
    resource: names.plural,
    ...(names.singular ? { singular: names.singular } : {}),
    ...(names.listKind ? { listKind: names.listKind } : {}),
    ...(names.shortNames === undefined ? {} : { shortNames: names.shortNames }),
    ...(names.categories === undefined ? {} : { categories: names.categories }),
    scope: spec.scope === 'Cluster' ? 'Cluster' : 'Namespaced',
    subresources: subresourcesOf(stored),
    nameRule: 'dns-subdomain',
    generation: contentChanged,
    selectableFields: selectableFieldsOf(stored),
    ...formsOf(stored, schema),
    schema,
    served: others.map((version) => servedVersion(crd, version, schema)),
    ...(stored.served ? {} : { hidden: true }),
    ...deprecationOf(crd, stored),
    warnings: finalizerWarnings,
    ...(terminating ? { prepareForCreate: refuseCreate(`${names.plural}.${spec.group}`) } : {}),
    ...(convert === undefined ? {} : { convert }),
    custom: true,
    ended,
  })
}

function schemaOf({ schema }: Version): Schema {
  return fromJsonSchema(schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true })
}

/** Columns and rules of one version. */
function formsOf(version: Version, schema: Schema): Pick<KindSpec, 'columns' | 'versionErrors'> {
  const rules = { schema, ...(version.subresources?.scale === undefined ? {} : { scale: version.subresources.scale }) }
  return {
    columns: customColumns(version.additionalPrinterColumns),
    versionErrors: (object, old, subresource) => customErrors(rules, object, old, subresource),
  }
}

function servedVersion(crd: Crd, version: Version, stored: Schema): ServedVersion {
  const schema = schemaOf(version)
  const apiVersion = apiVersionOf(crd.spec.group, version.name)
  return {
    group: crd.spec.group,
    version: version.name,
    schema,
    ...(formsOf(version, schema) as Pick<ServedVersion, 'columns' | 'versionErrors'>),
    ...deprecationOf(crd, version),
    subresources: subresourcesOf(version),
    selectableFields: selectableFieldsOf(version),
    // What a webhook has converted comes here too: unknown fields go in every case.
    toStorage: (object) => pruned(object as Fields, stored, true).object,
    fromStorage: (object) => ({ ...pruned(object as Fields, schema, true).object, apiVersion }),
  }
}

function deprecationOf({ spec }: Crd, { name, deprecated, deprecationWarning }: Version): { deprecation?: string } {
  if (deprecated !== true) return {}
  return { deprecation: deprecationWarning ?? `${spec.group}/${name} ${spec.names.kind} is deprecated` }
}

function subresourcesOf({ subresources }: Version): NonNullable<KindSpec['subresources']> {
  return {
    ...(subresources?.status === undefined ? {} : { status: true }),
    ...(subresources?.scale === undefined ? {} : { scale: subresources.scale }),
  }
}

/** Any change outside metadata counts; status has been taken out before where it has its own path. */
function contentChanged(object: KubeObject, old: KubeObject): boolean {
  const { metadata: _new, ...content } = object
  const { metadata: _old, ...before } = old
  return !semanticDeepEqual(content, before)
}

function selectableFieldsOf({ selectableFields = [] }: Version): NonNullable<Kind['selectableFields']> {
  return Object.fromEntries(
    selectableFields.map(({ jsonPath: text }) => {
      const path = compileJsonPath(text)
      return [text.replace(/^\./, ''), (object: KubeObject) => String(path.find(object)[0] ?? '')]
    }),
  )
}

function refuseCreate(resource: string): (draft: KubeObject) => void {
  const [plural = '', ...group] = resource.split('.')
  return ({ metadata }) => {
    throw forbidden(
      { group: group.join('.'), resource: plural },
      metadata?.name ?? '',
      'create not allowed while custom resource definition is terminating',
    )
  }
}
