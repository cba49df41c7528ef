// PUT of an object, or of its status.

import { badRequest } from '../../apimachinery/api-error.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { cloneJson } from '../../apimachinery/patch/json-values.ts'
import { authorizeCreate } from '../authorize.ts'
import { expectedOf, readBody } from '../body.ts'
import { breathe } from '../breathe.ts'
import { toStored } from '../codec.ts'
import type { Answer, RequestContext, ServerContext } from '../context.ts'
import { checkSubmitted } from '../crd/version-errors.ts'
import { writeOptions } from '../parameters.ts'
import { withDefaults } from '../schemas.ts'
import { type Transform, updateObject } from '../store.ts'
import type { Strategy } from '../strategy.ts'
import type { Target } from '../target.ts'
import { writeOf } from '../write-request.ts'
import { answerOf } from './create.ts'

export async function update(server: ServerContext, request: RequestContext, target: Target, strategy?: Strategy): Promise<Answer> {
  const { resolved } = target
  const options = writeOptions(request.query, 'UpdateOptions')
  const object = readBody(server, request, expectedOf(resolved), options.fieldValidation)
  await breathe()
  checkName(object, target)
  const { kind } = resolved
  const stored = kind.convert === undefined ? withDefaults(kind, toStored(resolved, object)) : undefined
  await breathe()
  const write = writeOf(server, request, target, options)
  const transform: Transform = (current) => {
    checkSubmitted(resolved, object, current, write.subresource)
    return stored === undefined ? withDefaults(kind, toStored(resolved, cloneJson(object))) : cloneJson(stored)
  }
  const uid = (stored ?? object).metadata?.uid
  const written = await updateObject(write, transform, {
    ...(strategy === undefined ? { allowCreate: resolved.kind.createOnUpdate === true } : { strategy }),
    ...(uid ? { preconditionUid: uid } : {}),
    authorizeCreate: () => authorizeCreate(server, request),
  })
  return answerOf(target, written, written.created ? 201 : 200)
}

/** The body's name and namespace are those of the URL. Throws 400. */
export function checkName(object: KubeObject, { name, namespace }: Pick<Target, 'name' | 'namespace'>): void {
  const given = object.metadata ?? {}
  if (!given.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (given.name !== name) throw badRequest(`the name of the object (${given.name}) does not match the name on the URL (${name})`)
  if (namespace && given.namespace && given.namespace !== namespace)
    throw badRequest(`the namespace of the object (${given.namespace}) does not match the namespace on the request (${namespace})`)
}
