// The arithmetic of disruption budgets at an eviction, and its refusals. Pure.
import type { PodDisruptionBudget as Budget } from '../../../openapi/types/policy/v1.ts'
import { ApiError, forbidden } from '../../apimachinery/api-error.ts'
import { setOwn } from '../../apimachinery/json.ts'
import { draft as draftOf } from '../../apimachinery/meta.ts'

const refusal = "Cannot evict pod as it would violate the pod's disruption budget."
const cause = 'DisruptionBudget'
/** More evictions than this that the controller has not seen: something is wrong. */
const maxDisruptedPods = 2000

/** 429 for a budget that has not caught up; the client asks again in 10 s. */
export function stillProcessed(name: string): ApiError {
  const message = `The disruption budget ${name} is still being processed by the server.`
  return new ApiError('TooManyRequests', refusal, { details: { causes: [{ reason: cause, message }], retryAfterSeconds: 10 } })
}

/** The budget with one disruption less, and the pod noted. Throws 429 when none is left, 403 for a broken budget. */
export function disrupted(budget: Budget, podName: string, now: string): Budget {
  const { metadata, status } = budget
  const name = metadata?.name ?? ''
  const allowed = status?.disruptionsAllowed ?? 0
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) throw stillProcessed(name)
  const resource = { group: 'policy', resource: 'poddisruptionbudget' }
  if (allowed < 0) throw forbidden(resource, name, 'pdb disruptions allowed is negative')
  if (Object.keys(status?.disruptedPods ?? {}).length > maxDisruptedPods) {
    throw forbidden(resource, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  }
  if (allowed === 0) throw new ApiError('TooManyRequests', refusal, { details: { causes: [{ reason: cause, message: whyNone(budget) }] } })
  const draft = draftOf(budget)
  const next = (draft.status ??= { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 })
  next.disruptionsAllowed = allowed - 1
  if (next.disruptionsAllowed === 0) noneAllowed(draft, now)
  setOwn((next.disruptedPods ??= {}), podName, now)
  return draft
}

function whyNone({ metadata, status }: Budget): string {
  const name = metadata?.name
  const condition = status?.conditions?.find(({ type }) => type === 'DisruptionAllowed')
  const said = condition?.status === 'False' ? condition.message : ''
  if (said && condition?.reason === 'SyncFailed') {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${said}`
  }
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {}
  if (currentHealthy <= desiredHealthy) {
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  }
  const start = `The disruption budget ${name} does not allow evicting pods currently`
  return said ? `${start} (${condition?.reason}): ${said}` : start
}

function noneAllowed({ status }: Budget, now: string): void {
  if (status === undefined) return
  const conditions = (status.conditions ??= [])
  const present = conditions.find(({ type }) => type === 'DisruptionAllowed')
  const observedGeneration = status.observedGeneration ?? 0
  const next = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    observedGeneration,
    lastTransitionTime: now,
  }
  if (present === undefined) conditions.push(next)
  else Object.assign(present, next, present.status === 'False' ? { lastTransitionTime: present.lastTransitionTime } : {})
}
