// Rules of probes and of lifecycle handlers.
import type {
  Container,
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  Lifecycle,
  Probe,
  SleepAction,
  TCPSocketAction,
} from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../../apimachinery/field-errors.ts'
import { httpHeaderName, portName, portNumber } from '../../../apimachinery/names.ts'
import { invalidFor, nonNegative } from '../../shared/checks.ts'

/** Liveness, readiness and startup probe of a container. */
export function validateProbes(container: Container, gracePeriod: number | undefined, path: Path): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container
  const errors: FieldError[] = []
  if (livenessProbe)
    errors.push(
      ...probeErrors(livenessProbe, gracePeriod, path.child('livenessProbe')),
      ...onceErrors(livenessProbe, path.child('livenessProbe')),
    )
  if (readinessProbe) {
    const where = path.child('readinessProbe')
    errors.push(...probeErrors(readinessProbe, gracePeriod, where))
    const seconds = readinessProbe.terminationGracePeriodSeconds
    if (seconds !== undefined) {
      errors.push(invalidValue(where.child('terminationGracePeriodSeconds'), seconds, 'must not be set for readinessProbes'))
    }
  }
  if (startupProbe)
    errors.push(
      ...probeErrors(startupProbe, gracePeriod, path.child('startupProbe')),
      ...onceErrors(startupProbe, path.child('startupProbe')),
    )
  return errors
}

/** Liveness and startup need one success, no more. */
function onceErrors({ successThreshold }: Probe, path: Path): FieldError[] {
  return successThreshold === 1 ? [] : [invalidValue(path.child('successThreshold'), successThreshold ?? 0, 'must be 1')]
}

const probeNumbers = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const

function probeErrors(probe: Probe, gracePeriod: number | undefined, path: Path): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, terminationGracePeriodSeconds: seconds } = probe
  const errors = handlerErrors({ exec, httpGet, tcpSocket, grpc }, gracePeriod, path)
  for (const field of probeNumbers) errors.push(...nonNegative(probe[field], path.child(field)))
  if (seconds !== undefined && seconds <= 0) {
    errors.push(invalidValue(path.child('terminationGracePeriodSeconds'), seconds, 'must be greater than 0'))
  }
  return errors
}

/** postStart, preStop and stopSignal. */
export function validateLifecycle(
  lifecycle: Lifecycle | undefined,
  gracePeriod: number | undefined,
  path: Path,
  os: string | undefined,
): FieldError[] {
  if (lifecycle === undefined) return []
  const errors: FieldError[] = []
  if (lifecycle.postStart) errors.push(...handlerErrors(lifecycle.postStart, gracePeriod, path.child('postStart')))
  if (lifecycle.preStop) errors.push(...handlerErrors(lifecycle.preStop, gracePeriod, path.child('preStop')))
  if (lifecycle.stopSignal !== undefined && !os) {
    errors.push(forbiddenField(path.child('stopSignal'), 'may not be set for containers with empty `spec.os.name`'))
  }
  return errors
}

interface Handler {
  exec?: ExecAction
  httpGet?: HTTPGetAction
  tcpSocket?: TCPSocketAction
  grpc?: GRPCAction
  sleep?: SleepAction
}

/** Exactly one handler, and that one in order. */
function handlerErrors(handler: Handler, gracePeriod: number | undefined, path: Path): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  const found: [string, (where: Path) => FieldError[]][] = []
  if (exec) found.push(['exec', (where) => (exec.command?.length ? [] : [required(where.child('command'))])])
  if (httpGet) found.push(['httpGet', (where) => httpGetErrors(httpGet, where)])
  if (tcpSocket) found.push(['tcpSocket', (where) => validatePort(tcpSocket.port, where.child('port'))])
  if (grpc) found.push(['grpc', (where) => validatePort(grpc.port, where.child('port'))])
  if (sleep) found.push(['sleep', (where) => sleepErrors(sleep, gracePeriod, where)])
  if (found.length === 0) return [required(path, 'must specify a handler type')]
  return found.flatMap(([name, check], index) =>
    index === 0 ? check(path.child(name)) : [forbiddenField(path.child(name), 'may not specify more than 1 handler type')],
  )
}

const schemes = ['HTTP', 'HTTPS']

function httpGetErrors({ path: target, port, scheme, httpHeaders }: HTTPGetAction, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (!target) errors.push(required(path.child('path')))
  errors.push(...validatePort(port, path.child('port')))
  if (!schemes.includes(scheme ?? '')) errors.push(notSupported(path.child('scheme'), scheme ?? '', schemes))
  for (const { name = '' } of httpHeaders ?? []) errors.push(...invalidFor(path.child('httpHeaders'), name, httpHeaderName(name)))
  return errors
}

function sleepErrors({ seconds }: SleepAction, gracePeriod: number | undefined, path: Path): FieldError[] {
  if (gracePeriod === undefined || ((seconds ?? 0) >= 0 && (seconds ?? 0) <= gracePeriod)) return []
  return [invalidValue(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`)]
}

/** A port by number (1–65535) or by name. */
export function validatePort(port: number | string | undefined, path: Path): FieldError[] {
  if (typeof port === 'string') return invalidFor(path, port, portName(port))
  return invalidFor(path, port ?? 0, portNumber(port ?? 0))
}
