// scale: the number of replicas of any kind that has one, as an autoscaling/v1 Scale.
import type { Scale } from '../../../openapi/types/autoscaling/v1.ts'
import { badRequest, invalid } from '../../apimachinery/api-error.ts'
import { at, invalidValue } from '../../apimachinery/field-errors.ts'
import { isObject } from '../../apimachinery/json.ts'
import { type ScalePaths, subresourcesIn } from '../../apimachinery/kind.ts'
import { draft as draftOf, type KubeObject } from '../../apimachinery/meta.ts'
import { applyJsonPatch } from '../../apimachinery/patch/json-patch.ts'
import { applyMergePatch } from '../../apimachinery/patch/merge-patch.ts'
import { labelSelectorText, selectorFromLabels, selectorFromObject } from '../../apimachinery/selectors/label-selector.ts'
import { decodeParsed, expectedType, parseJsonBody, parseYamlBody, readBody } from '../body.ts'
import { objectOf, toStored, toVersion } from '../codec.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from '../context.ts'
import { converting } from '../conversions.ts'
import { patchType } from '../negotiate.ts'
import { writeOptions } from '../parameters.ts'
import { freshen } from '../reading.ts'
import { readEntry, updateObject } from '../store.ts'
import { checkName } from '../verbs/update.ts'
import { writeOf } from '../write-request.ts'
import { targetOf } from './request.ts'

type Fields = Record<string, unknown>

export const scale: Subresource = { name: 'scale', verbs: ['get', 'update', 'patch'], handle }

async function handle(request: RequestContext, server: ServerContext): Promise<Answer> {
  const target = targetOf(request)
  const { resolved } = target
  const paths = subresourcesIn(resolved).scale
  if (paths === undefined) throw badRequest('scale is not supported for this resource')
  if (request.info.verb === 'get') {
    await freshen(server, undefined)
    const entry = await readEntry({ server, ...target })
    return { type: 'object', object: scaleOf(toVersion(resolved, objectOf(resolved.kind, entry)), paths) }
  }
  const isPatch = request.info.verb === 'patch'
  const options = writeOptions(request.query, isPatch ? 'PatchOptions' : 'UpdateOptions', isPatch && isApply(request))
  const change = isPatch ? patched(server, request) : replaced(server, request)
  const write = writeOf(server, request, target, options)
  const written = await updateObject(write, (current) => {
    const draft = draftOf(toVersion(resolved, current!))
    const wanted = change(scaleOf(draft, paths))
    checkScale(wanted, target.name)
    setReplicas(draft, paths.specReplicasPath, wanted.spec?.replicas ?? 0)
    const { resourceVersion, uid } = wanted.metadata ?? {}
    draft.metadata = { ...draft.metadata, ...(resourceVersion ? { resourceVersion } : {}), ...(uid ? { uid } : {}) }
    return toStored(resolved, draft)
  })
  const now = await converting(resolved.kind, () => toVersion(resolved, written.object))
  return { type: 'object', object: scaleOf(now, paths) }
}

/** The Scale of an object: the parent's identity, both numbers, and the selector as text. */
export function scaleOf(object: KubeObject, paths: ScalePaths): Scale & KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata ?? {}
  const replicas = Number(fieldAt(object, paths.specReplicasPath) ?? 0)
  const selector = paths.labelSelectorPath === undefined ? '' : selectorText(fieldAt(object, paths.labelSelectorPath))
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp }
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: Number(fieldAt(object, paths.statusReplicasPath) ?? 0), ...(selector === '' ? {} : { selector }) },
  }
}

/** A string as it is, a LabelSelector or a plain map of labels as text. */
function selectorText(value: unknown): string {
  if (typeof value === 'string') return value
  if (!isObject(value)) return ''
  const isMap = value['matchLabels'] === undefined && value['matchExpressions'] === undefined && Object.keys(value).length > 0
  return labelSelectorText(isMap ? selectorFromLabels(value as Record<string, string>) : selectorFromObject(value))
}

const expected = () => expectedType('autoscaling', 'v1', 'Scale')

function replaced(server: ServerContext, request: RequestContext): (present: Scale) => Scale {
  const { fieldValidation } = writeOptions(request.query, 'UpdateOptions')
  const wanted = readBody(server, request, { ...expected(), anyGroup: true }, fieldValidation) as Scale
  checkName(wanted, targetOf(request))
  return () => wanted
}

function isApply(request: RequestContext): boolean {
  return patchType([request.headers['content-type']].flat()[0], false) === 'apply'
}

/** JSON patch, or a merge: strategic merge and apply of a Scale (no lists, two fields) mean the same. */
function patched(server: ServerContext, request: RequestContext): (present: Scale) => Scale {
  const type = patchType([request.headers['content-type']].flat()[0], false)
  const parsed = type === 'apply' ? parseYamlBody(request.body) : parseJsonBody(request.body)
  return (present) => {
    const document = structuredClone(present) as unknown as Fields
    // Without a resourceVersion in the patch there is no condition on it.
    if (isObject(document['metadata'])) delete document['metadata']['resourceVersion']
    const value = type === 'json' ? applyJsonPatch(document, parsed.value) : applyMergePatch(document, parsed.value)
    return decodeParsed(server, { value, duplicates: parsed.duplicates }, expected(), 'Ignore', []) as Scale
  }
}

function checkScale({ spec }: Scale, name: string): void {
  const replicas = spec?.replicas ?? 0
  if (replicas >= 0) return
  const error = invalidValue(at('spec', 'replicas'), replicas, 'must be greater than or equal to 0')
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [error])
}

function words(path: string): string[] {
  return path.split('.').filter((word) => word !== '')
}

function fieldAt(object: KubeObject, path: string): unknown {
  let value: unknown = object
  for (const word of words(path)) value = isObject(value) && Object.hasOwn(value, word) ? value[word] : undefined
  return value
}

/** Sets `.spec.a.b`; objects on the way are made. Paths come from kinds and validated CRDs, never from requests. */
export function setReplicas(object: KubeObject, path: string, replicas: number): void {
  const names = words(path)
  const last = names.pop()
  let parent = object as Fields
  for (const name of names) {
    if (!isObject(parent[name])) parent[name] = {}
    parent = parent[name] as Fields
  }
  if (last !== undefined) parent[last] = replicas
}
