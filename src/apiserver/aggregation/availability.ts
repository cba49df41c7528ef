// Whether an APIService can be served, as far as objects tell. Pure. Reasons and messages: kube-aggregator's remote_available_controller.
import type { APIServiceCondition, APIService as APIServiceObject } from '../../../openapi/types/apiregistration/v1.ts'
import { Service } from '../../api/core/service/index.ts'
import type { Reader } from '../admission/plugin.ts'
import { servicePortName, slicesOf } from '../service-resolver.ts'

/** A condition without its time. */
export type Verdict = Pick<APIServiceCondition, 'status' | 'reason' | 'message'>

export const localVerdict: Verdict = { status: 'True', reason: 'Local', message: 'Local APIServices are always available' }
export const passedVerdict: Verdict = { status: 'True', reason: 'Passed', message: 'all checks passed' }

/** The probe of the service failed. */
export function failedVerdict(message: string): Verdict {
  return { status: 'False', reason: 'FailedDiscoveryCheck', message }
}

/** What the service and its endpoints say; undefined: the service must be asked. */
export function verdictOfObjects({ spec }: APIServiceObject, read: Reader): Verdict | undefined {
  if (spec?.service === undefined) return localVerdict
  const { namespace = '', name = '', port = 443 } = spec.service
  const where = `service/${name} in ${JSON.stringify(namespace)}`
  const service = read.get(Service, namespace, name)
  if (service === undefined) return { status: 'False', reason: 'ServiceNotFound', message: `${where} is not present` }
  if ((service.spec?.type ?? 'ClusterIP') !== 'ClusterIP') return undefined
  const portName = servicePortName(service, port)
  if (portName === undefined) return { status: 'False', reason: 'ServicePortError', message: `${where} is not listening on port ${port}` }
  const slices = slicesOf(read, namespace, name)
  if (slices.length === 0) return { status: 'False', reason: 'EndpointsNotFound', message: `cannot find endpointslices for ${where}` }
  const active = slices.some(
    ({ endpoints, ports }) =>
      endpoints?.some(({ conditions }) => conditions?.ready !== false) === true &&
      ports?.some((candidate) => (candidate.name ?? '') === portName && candidate.port !== undefined) === true,
  )
  if (active) return undefined
  const message = `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`
  return { status: 'False', reason: 'MissingEndpoints', message }
}

/** The path that a server must serve for the group version. */
export function discoveryPath({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`
}

/** The conditions with a verdict; the time moves only when the status does. The same array: nothing changes. */
export function withVerdict(conditions: readonly APIServiceCondition[], verdict: Verdict, now: string): readonly APIServiceCondition[] {
  const before = conditions.find(({ type }) => type === 'Available')
  const same = before?.status === verdict.status
  if (same && before?.reason === verdict.reason && before?.message === verdict.message) return conditions
  const lastTransitionTime = same ? (before?.lastTransitionTime ?? now) : now
  const { status, reason = '', message = '' } = verdict
  const condition: APIServiceCondition = { type: 'Available', status, lastTransitionTime, reason, message }
  if (before === undefined) return [...conditions, condition]
  return conditions.map((each) => (each === before ? condition : each))
}
