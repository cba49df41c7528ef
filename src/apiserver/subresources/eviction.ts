// pods/eviction: deletes a pod if the disruption budgets over it allow that (wire.md 47).
import type { Pod as PodObject } from '../../../openapi/types/core/v1.ts'
import type { PodDisruptionBudget as Budget, Eviction } from '../../../openapi/types/policy/v1.ts'
import { Pod } from '../../api/core/pod/index.ts'
import { isPodReady } from '../../api/core/pod/queries.ts'
import { PodDisruptionBudget } from '../../api/policy/poddisruptionbudget.ts'
import { ApiError, badRequest, conflict, isConflict } from '../../apimachinery/api-error.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import { draft as draftOf, type KubeObject } from '../../apimachinery/meta.ts'
import { matchesLabels, selectorFromObject } from '../../apimachinery/selectors/label-selector.ts'
import { admitMutating, admitValidating } from '../admit.ts'
import { expectedType, readBody } from '../body.ts'
import { objectOf } from '../codec.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from '../context.ts'
import { deleteObject } from '../deletion.ts'
import { type DeleteOptions, writeOptions } from '../parameters.ts'
import { readEntry, updateObject, type Write } from '../store.ts'
import { plainStrategy } from '../strategy.ts'
import { disrupted, stillProcessed } from './disruption.ts'
import { setPodCondition } from './pod-condition.ts'
import { createWrite, success, writeTo } from './request.ts'

export const eviction: Subresource = { name: 'eviction', kinds: ['pods'], verbs: ['create'], handle }

const attempts = 20

async function handle(request: RequestContext, server: ServerContext): Promise<Answer> {
  const { fieldValidation } = writeOptions(request.query, 'CreateOptions')
  const body = readBody(server, request, { ...expectedType('policy', 'v1', 'Eviction'), anyGroup: true }, fieldValidation) as Eviction
  const name = request.info.parts[1] ?? ''
  if (body.metadata?.name !== name) throw badRequest('name in URL does not match name in Eviction object')
  const write = createWrite(server, request)
  const admitted = (await admitMutating(write, 'CREATE', body as KubeObject, undefined)) as Eviction
  await admitValidating(write, 'CREATE', admitted as KubeObject, undefined)
  const options = (admitted.deleteOptions ?? {}) as DeleteOptions
  const dryRun = write.dryRun || (options.dryRun ?? []).length > 0
  const own = { ...writeTo(write, Pod, write.namespace, name), dryRun }
  const pod = await evictUnguarded(own, options)
  if (pod !== undefined) await evictGuarded(own, pod, options)
  return success()
}

/** Deletes pods that no budget guards: pending, finished, already going. Returns the pod when budgets must be asked. */
async function evictUnguarded(write: Write, options: DeleteOptions): Promise<PodObject | undefined> {
  const mayRetry = options.preconditions?.resourceVersion === undefined
  for (let attempt = 1; ; attempt++) {
    const pod = objectOf(write.resolved.kind, await readEntry(write)) as PodObject
    const { phase } = pod.status ?? {}
    const finished = phase === 'Succeeded' || phase === 'Failed' || pod.metadata?.deletionTimestamp !== undefined
    if (!finished && phase !== 'Pending') return pod
    try {
      await markAndDelete(write, finished || !mayRetry ? options : pinned(options, pod))
      return undefined
    } catch (error) {
      if (!isConflict(error) || !mayRetry || attempt === attempts) throw error
    }
  }
}

async function evictGuarded(write: Write, pod: PodObject, options: DeleteOptions): Promise<void> {
  const { server, namespace } = write
  await server.read.refresh()
  const budgets = server.read.list(PodDisruptionBudget, namespace).filter((budget) => covers(budget, pod))
  if (budgets.length > 1) {
    throw new ApiError('', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.')
  }
  const [budget] = budgets
  const free = budget !== undefined && !isPodReady(pod) && mayEvictUnhealthy(budget)
  if (budget !== undefined && !free) await takeDisruption(write, budget, pod)
  const pin = free && options.preconditions?.resourceVersion === undefined
  try {
    await markAndDelete(write, pin ? pinned(options, pod) : options)
  } catch (error) {
    // The pod may have become ready meanwhile: the client is to ask again.
    if (pin && isConflict(error)) throw stillProcessed(budget?.metadata?.name ?? '')
    throw error
  }
}

function covers({ spec }: Budget, pod: PodObject): boolean {
  try {
    return matchesLabels(selectorFromObject(spec?.selector), pod.metadata?.labels ?? {})
  } catch {
    return false
  }
}

function mayEvictUnhealthy({ spec, status }: Budget): boolean {
  const healthy = status?.currentHealthy ?? 0
  const desired = status?.desiredHealthy ?? 0
  return spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (healthy >= desired && desired > 0)
}

/** Takes one from the budget's allowance, by its status. Throws 429 when there is none. */
async function takeDisruption(write: Write, budget: Budget, pod: PodObject): Promise<void> {
  const now = timestamp(write.server.clock.now())
  const own = writeTo(write, PodDisruptionBudget, write.namespace, budget.metadata?.name ?? '', 'status')
  await updateObject(own, (current) => disrupted(current as Budget, pod.metadata?.name ?? '', now) as KubeObject, {
    strategy: plainStrategy(own.resolved.kind),
    skipAdmission: true,
  })
}

function pinned(options: DeleteOptions, pod: PodObject): DeleteOptions {
  return { ...options, preconditions: { ...options.preconditions, resourceVersion: pod.metadata?.resourceVersion ?? '' } }
}

/** Says why the pod goes (condition DisruptionTarget), then deletes it. */
async function markAndDelete(write: Write, options: DeleteOptions): Promise<void> {
  if (write.dryRun) return void (await deleteObject(write, options, { skipAdmission: true }))
  const strategy = plainStrategy(write.resolved.kind)
  const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' }
  const mark = (current: KubeObject | undefined): KubeObject => {
    checkPreconditions(write, options, current as PodObject)
    const draft = draftOf(current as PodObject)
    draft.status = setPodCondition(draft.status, condition, timestamp(write.server.clock.now()))
    return draft as KubeObject
  }
  const { object } = await updateObject({ ...write, subresource: 'status' }, mark, { strategy, skipAdmission: true })
  const changed = options.preconditions?.resourceVersion !== undefined ? pinned(options, object as PodObject) : options
  await deleteObject(write, changed, { skipAdmission: true })
}

function checkPreconditions({ name }: Write, { preconditions }: DeleteOptions, pod: PodObject): void {
  const { uid, resourceVersion } = preconditions ?? {}
  const refuse = (message: string) => conflict({ group: '', resource: 'Pod' }, name, message)
  if (uid && uid !== pod.metadata?.uid) {
    throw refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${pod.metadata?.uid}). The object might have been deleted and then recreated`,
    )
  }
  if (resourceVersion && resourceVersion !== pod.metadata?.resourceVersion) {
    throw refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${pod.metadata?.resourceVersion}). The object might have been modified`,
    )
  }
}
