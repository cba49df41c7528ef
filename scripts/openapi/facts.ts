// The facts of openapi/schema.json: what a Go struct says about the wire, without its sentences.
// Keys are short because the file is loaded at every start; src/apimachinery/schema/from-openapi.ts is the reader.
import { type FieldFacts, goTypeOf, type SchemaFacts, type TypeFacts } from '../../src/apimachinery/schema/facts.ts'
import type { GoField, GoMarks, GoPackage, GoType } from './go-source.ts'

/** Types whose JSON form is not their Go struct: definition name → format. */
const specialTypes: Record<string, string> = {
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'date-time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'micro-time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Duration': 'duration',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'fields-v1',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'raw-extension',
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
}
for (const version of ['v1', 'v1beta1']) {
  const prefix = `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}.JSON`
  Object.assign(specialTypes, {
    [prefix]: 'json',
    [`${prefix}SchemaPropsOrBool`]: 'json-schema-or-bool',
    [`${prefix}SchemaPropsOrArray`]: 'json-schema-or-array',
    [`${prefix}SchemaPropsOrStringArray`]: 'json-schema-or-string-array',
  })
}

/** Go packages that are only read for their named types, or of which only these definitions are published. */
const published: Record<string, readonly string[]> = {
  'k8s.io/apimachinery/pkg/runtime': ['RawExtension'],
  'k8s.io/apimachinery/pkg/api/resource': ['Quantity'],
  'k8s.io/apimachinery/pkg/types': [],
}
const unpublished = new Set(['InternalEvent', 'TypeMeta', 'Timestamp', 'RootPaths'])

const basic: Record<string, string> = {
  string: 'string',
  bool: 'boolean',
  int: 'int32',
  int32: 'int32',
  int64: 'int64',
  uint16: 'int32',
  uint32: 'int64',
  uint8: 'int32',
  float32: 'float',
  float64: 'double',
  'interface{}': 'any',
  rune: 'int32',
}

interface Named {
  pkg: GoPackage
  type: GoType
}

/** All definitions of `packages`, sorted by name. */
export function schemaFacts(packages: Map<string, GoPackage>): SchemaFacts {
  const facts: [string, TypeFacts][] = []
  for (const pkg of packages.values()) {
    for (const [goName, definition] of pkg.models) {
      const only = published[pkg.path]
      const type = pkg.types.get(goName)
      if (unpublished.has(goName) || (only && !only.includes(goName))) continue
      if (!type) throw new Error(`${pkg.path}.${goName} is published but not declared`)
      const special = specialTypes[definition]
      if (special) facts.push([definition, { s: special }])
      else if (structOf(packages, { pkg, type })) facts.push([definition, typeFacts(packages, { pkg, type }, definition)])
    }
  }
  return Object.fromEntries(facts.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function typeFacts(packages: Map<string, GoPackage>, named: Named, definition: string): TypeFacts {
  const struct = structOf(packages, named)!
  const fields: Record<string, FieldFacts> = {}
  for (const [name, field] of flatFields(packages, struct, definition, [])) fields[name] = field
  const hasTypeMeta = struct.type.fields!.some((field) => field.name === '' && /(^|\.)TypeMeta$/.test(field.type))
  const version = named.pkg.path.split('/').at(-1)!
  const atomic = named.type.marks.get('structType')?.[0]
  return {
    ...(hasTypeMeta ? { g: [named.pkg.groupName === 'meta.k8s.io' ? '' : (named.pkg.groupName ?? ''), version] } : {}),
    ...(atomic === 'atomic' ? { mt: 'atomic' } : {}),
    f: fields,
  }
}

/** The struct behind a type: itself, or what it is another name of. */
function structOf(packages: Map<string, GoPackage>, named: Named): Named | undefined {
  if (named.type.fields) return named
  const target = /^[\w.]+$/.test(named.type.underlying!) ? resolve(packages, named.pkg, named.type.underlying!) : undefined
  return target && structOf(packages, target)
}

function resolve(packages: Map<string, GoPackage>, pkg: GoPackage, name: string): Named | undefined {
  const dot = name.indexOf('.')
  const home = dot < 0 ? pkg : packages.get(pkg.imports.get(name.slice(0, dot)) ?? '')
  const type = home?.types.get(name.slice(dot + 1))
  return home && type ? { pkg: home, type } : undefined
}

function* flatFields(
  packages: Map<string, GoPackage>,
  { pkg, type }: Named,
  owner: string,
  via: number[],
): Generator<[string, FieldFacts]> {
  for (const field of type.fields ?? []) {
    const [jsonName = '', ...options] = (field.tags['json'] ?? '').split(',')
    if (jsonName === '-' || (!('json' in field.tags) && field.name !== '')) continue
    const number = Number(field.tags['protobuf']?.split(',')[1] ?? 0)
    if (jsonName === '' && field.name === '') {
      const inner = resolve(packages, pkg, field.type.replace('*', ''))
      if (!inner) throw new Error(`${pkg.path}.${type.name}: embedded ${field.type} is unknown`)
      const carried = number > 0 ? [...via, number] : via
      for (const [name, facts] of flatFields(packages, structOf(packages, inner)!, owner, carried)) {
        const { p, ...rest } = facts
        yield [name, number > 0 ? facts : rest] // TypeMeta has no number of its own: it travels in the envelope
      }
    } else yield [jsonName, fieldFacts(packages, pkg, field, options, number > 0 ? [...via, number] : [], owner)]
  }
}

function fieldFacts(
  packages: Map<string, GoPackage>,
  pkg: GoPackage,
  field: GoField,
  options: string[],
  path: number[],
  owner: string,
): FieldFacts {
  const pointer = field.type.startsWith('*')
  const omit = options.includes('omitempty') || options.includes('omitzero')
  const type = typeText(packages, pkg, field.type.replace(/^\*/, ''), owner)
  const required = field.marks.has('required') || !(omit || field.marks.has('optional'))
  // encoding/json leaves out empty scalars, lists and maps, but never a struct value unless omitzero says so
  const leftOut = options.includes('omitzero') || (options.includes('omitempty') && (pointer || !isStruct(packages, pkg, field.type)))
  const values = enumOf(packages, pkg, field.type.replace(/^[*[\]]+/, ''))
  const goType = printedType(packages, pkg, field.type.replace(/^\*/, ''))
  const value = defaultOf(pkg, field.marks)
  return {
    t: type,
    ...(path.length === 0 ? {} : { p: path.length === 1 ? path[0]! : path }),
    ...(required ? { r: 1 } : {}),
    ...(leftOut ? { o: 1 } : {}),
    ...(pointer ? { q: 1 } : {}),
    ...(options.includes('omitzero') ? { z: 1 } : {}),
    ...(goType === goTypeOf(type, owner) ? {} : { n: goType }),
    ...(values ? { e: values } : {}),
    ...(value === undefined ? {} : { d: value }),
    ...listFacts(field.marks, field.tags),
  }
}

function listFacts(marks: GoMarks, tags: Record<string, string>): Partial<FieldFacts> {
  const listType = marks.get('listType')?.[0] ?? tags['listType']
  const keys = marks.get('listMapKey')
  const mapType = marks.get('mapType')?.[0] ?? marks.get('structType')?.[0]
  const strategy = tags['patchStrategy'] ?? marks.get('patchStrategy')?.[0]
  const mergeKey = tags['patchMergeKey'] ?? marks.get('patchMergeKey')?.[0]
  return {
    ...(listType === undefined ? {} : { lt: listType }),
    ...(keys === undefined ? {} : { lk: keys }),
    ...(mapType === undefined ? {} : { mt: mapType }),
    ...(strategy === undefined ? {} : { ps: strategy }),
    ...(mergeKey === undefined ? {} : { pk: mergeKey }),
  }
}

/** `[]#Container`, `map:string`, `#io.k8s…LabelSelector`; `#` alone stays within the owner's package; `[]!` travels as a message of its own. */
function typeText(packages: Map<string, GoPackage>, pkg: GoPackage, goType: string, owner: string): string {
  if (goType === '[]byte') return 'byte'
  if (goType.startsWith('*')) return typeText(packages, pkg, goType.slice(1), owner)
  if (goType.startsWith('[]')) return `[]${typeText(packages, pkg, goType.slice(2), owner)}`
  const map = /^map\[[\w.]+\](.+)$/.exec(goType)
  if (map) return `map:${typeText(packages, pkg, map[1]!, owner)}`
  if (basic[goType]) return basic[goType]
  const named = resolve(packages, pkg, goType)
  if (!named) throw new Error(`${pkg.path}: type ${goType} is unknown`)
  const definition = named.pkg.models.get(named.type.name)
  if (definition && specialTypes[definition]) return specialTypes[definition]
  if (named.type.underlying !== undefined && !(definition && structOf(packages, named))) {
    const text = typeText(packages, named.pkg, named.type.underlying, owner)
    return named.type.marks.has('protobuf') || named.type.marks.has('protobuf.nullable') ? text.replace('[]', '[]!') : text
  }
  if (!definition) throw new Error(`${pkg.path}: struct ${goType} has no definition name`)
  const prefix = owner.slice(0, owner.lastIndexOf('.') + 1)
  return `#${definition.startsWith(prefix) && !definition.slice(prefix.length).includes('.') ? definition.slice(prefix.length) : definition}`
}

/** The type as Go's reflection prints it: package name and type, aliases resolved. */
function printedType(packages: Map<string, GoPackage>, pkg: GoPackage, goType: string): string {
  if (goType === '[]byte') return '[]uint8'
  const list = /^\[\]\*?(.+)$/.exec(goType)
  if (list) return `[]${printedType(packages, pkg, list[1]!)}`
  const map = /^map\[([\w.]+)\](.+)$/.exec(goType)
  if (map) return `map[${printedType(packages, pkg, map[1]!)}]${printedType(packages, pkg, map[2]!)}`
  if (goType === 'interface{}') return 'interface {}'
  const named = resolve(packages, pkg, goType)
  if (!named) return goType
  if (named.type.alias) return printedType(packages, named.pkg, named.type.underlying!)
  return `${named.pkg.path.split('/').at(-1)}.${named.type.name}`
}

function isStruct(packages: Map<string, GoPackage>, pkg: GoPackage, goType: string): boolean {
  const named = /^[\w.]+$/.test(goType) ? resolve(packages, pkg, goType) : undefined
  return named !== undefined && structOf(packages, named) !== undefined
}

function enumOf(packages: Map<string, GoPackage>, pkg: GoPackage, goType: string): string[] | undefined {
  const named = resolve(packages, pkg, goType)
  if (!named) return undefined
  if (named.type.marks.has('enum') && !named.type.alias)
    return (named.pkg.constants.get(named.type.name) ?? []).map(({ value }) => value).sort()
  return named.type.underlying ? enumOf(packages, named.pkg, named.type.underlying) : undefined
}

function defaultOf(pkg: GoPackage, marks: GoMarks): unknown {
  const text = marks.get('default')?.[0]
  if (text === undefined) return undefined
  const reference = /^ref\((\w+)\)$/.exec(text)
  if (!reference) return JSON.parse(text)
  for (const list of pkg.constants.values()) {
    const constant = list.find(({ name }) => name === reference[1])
    if (constant) return constant.value
  }
  throw new Error(`${pkg.path}: constant ${reference[1]} is unknown`)
}
