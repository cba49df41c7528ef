// POST of an object.
import { expectedOf, readBody } from '../body.ts'
import { breathe } from '../breathe.ts'
import { toStored, toVersion } from '../codec.ts'
import type { Answer, RequestContext, ServerContext } from '../context.ts'
import { converting } from '../conversions.ts'
import { checkSubmitted } from '../crd/version-errors.ts'
import { writeOptions } from '../parameters.ts'
import { withDefaults } from '../schemas.ts'
import type { Written } from '../store.ts'
import { createObject } from '../store.ts'
import type { Target } from '../target.ts'
import { writeOf } from '../write-request.ts'

export async function create(server: ServerContext, request: RequestContext, target: Target): Promise<Answer> {
  const options = writeOptions(request.query, 'CreateOptions')
  const object = readBody(server, request, expectedOf(target.resolved), options.fieldValidation)
  await breathe()
  const { kind } = target.resolved
  checkSubmitted(target.resolved, object)
  const stored = withDefaults(kind, await converting(kind, () => toStored(target.resolved, object)))
  await breathe()
  const write = writeOf(server, request, target, options)
  return answerOf(target, await createObject(write, stored), 201)
}

/** A write's answer: the stored bytes, or the object of a dry run. */
export async function answerOf({ resolved }: Target, written: Pick<Written, 'entry' | 'object'>, code: number): Promise<Answer> {
  if (written.entry !== undefined) return { type: 'entry', resolved, entry: written.entry, code }
  return { type: 'object', object: await converting(resolved.kind, () => toVersion(resolved, written.object)), code }
}
