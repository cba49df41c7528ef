// What the value of a mutation makes of an object: a part of it merged in by the rules of its schema, or a JSON patch. Pure.
// Words: k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch.

import { ApiError } from '../../../apimachinery/api-error.ts'
import { jsonOf } from '../../../apimachinery/cel/structs.ts'
import { CelError, isList, isObjectValue, type Value } from '../../../apimachinery/cel/values.ts'
import { isObject } from '../../../apimachinery/json.ts'
import { definitionName, type Resolved } from '../../../apimachinery/kind.ts'
import type { KubeObject } from '../../../apimachinery/meta.ts'
import { type Atom, formOf } from '../../../apimachinery/patch/atoms.ts'
import { applyJsonPatch, refusalOf, testFailed } from '../../../apimachinery/patch/json-patch.ts'
import { cloneJson } from '../../../apimachinery/patch/json-values.ts'
import { mergeValues } from '../../../apimachinery/patch/typed-merge.ts'
import { typeErrors } from '../../../apimachinery/patch/typed-validate.ts'
import { rootAtom } from '../../../apimachinery/patch/versioned.ts'
import { schemaOf } from '../../../apimachinery/schema/from-openapi.ts'
import { schemaIn } from '../../schemas.ts'
import type { Subject } from './subject.ts'

/** A mutation that cannot be made: the policy's failurePolicy decides. */
export class MutationError extends Error {}

/** The object after a mutation; the object itself is not changed. Throws MutationError. */
export function mutatedObject(patchType: string, object: KubeObject, value: Value, form: Resolved, subject: Subject): unknown {
  try {
    return patchType === 'JSONPatch' ? patched(object, value) : merged(object, value, form, subject)
  } catch (error) {
    if (error instanceof CelError) throw new MutationError(`type mismatch: ${error.message}`)
    throw error
  }
}

function patched(object: KubeObject, value: Value): unknown {
  if (value === null || !isList(value)) throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array')
  const operations = value.map((one) => {
    if (one === null || !isObjectValue(one) || one.typeName !== 'JSONPatch') {
      throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch')
    }
    return jsonOf(one)
  })
  try {
    return applyJsonPatch(cloneJson(object), operations)
  } catch (error) {
    // A patch whose test fails is not applied, and that is no fault.
    if (refusalOf(error) === testFailed) return object
    if (error instanceof ApiError) throw new MutationError(`JSONPath: ${refusalOf(error) ?? error.message}`)
    throw error
  }
}

function merged(object: KubeObject, value: Value, form: Resolved, { foreign, kind }: Subject): unknown {
  if (value === null || !isObjectValue(value) || value.typeName !== 'Object') {
    throw new MutationError('type mismatch: ApplyConfiguration.expression should evaluate to Object')
  }
  const part = jsonOf(value) as Record<string, unknown>
  const schema = foreign ? schemaOf(definitionName(kind.group, kind.version, kind.kind)) : schemaIn(form)
  const atom = rootAtom(schema)
  const atomic = atomicPaths(part, atom, '')
  if (atomic.length > 0) {
    throw new MutationError(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`)
  }
  const config = { ...part, apiVersion: object.apiVersion, kind: object.kind }
  const errors = typeErrors(config, atom)
  if (errors.length > 0)
    throw new MutationError(`error applying patch: failed to convert patch object to typed object: ${errors.join(', ')}`)
  try {
    return mergeValues(object, config, atom)
  } catch (error) {
    throw new MutationError(`error applying patch: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Places where the part would replace as a whole what belongs to nobody in particular. */
function atomicPaths(value: unknown, atom: Atom, path: string): string[] {
  const form = formOf(atom, value)
  if (form === 'list' && Array.isArray(value)) {
    if (atom.list!.atomic) return [path]
    return value.flatMap((item) => atomicPaths(item, atom.list!.element(), path))
  }
  if (form !== 'map' || !isObject(value)) return []
  if (atom.map!.atomic) return [path]
  return Object.entries(value).flatMap(([name, part]) => {
    const field = atom.map!.field(name)
    return field === undefined ? [] : atomicPaths(part, field.atom, `${path}.${name}`)
  })
}
