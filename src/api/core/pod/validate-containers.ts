// Rules of main, init and ephemeral containers: what all share, and what each kind may not have.
import type { Container, ContainerPort, ContainerRestartRule, PodSpec, Volume } from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import {
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
  tooMany,
} from '../../../apimachinery/field-errors.ts'
import { portName, portNumber } from '../../../apimachinery/names.ts'
import { dnsLabel, invalidFor, oneOf, requireText } from '../../shared/checks.ts'
import { fileKeyVolumeErrors, validateEnv, validateEnvFrom } from './validate-env.ts'
import { validateVolumeDevices, validateVolumeMounts } from './validate-mounts.ts'
import { validateLifecycle, validateProbes } from './validate-probes.ts'
import { validateContainerResources, validateResizePolicy } from './validate-resources.ts'
import { validateSecurityContext } from './validate-security.ts'

/** What the checks of a container need to know of the pod around it. */
export interface ContainerContext {
  spec: PodSpec
  volumes: ReadonlyMap<string, Volume>
  /** Names in spec.resourceClaims. */
  claimNames: ReadonlySet<string>
}

/** spec.containers. */
export function validateContainers(context: ContainerContext, path: Path): FieldError[] {
  const containers = context.spec.containers ?? []
  if (containers.length === 0) return [required(path)]
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [index, container] of containers.entries()) {
    const where = path.index(index)
    errors.push(...commonErrors(container, context, where))
    if (names.has(container.name)) errors.push(duplicate(where.child('name'), container.name))
    names.add(container.name)
    errors.push(...runErrors(container, context, where), ...restartPolicyErrors(container, where))
  }
  return [...errors, ...hostPortConflicts(containers.map((container, index) => [container, path.index(index)]))]
}

/** spec.initContainers: lifecycle and probes are for those that keep running (sidecars). */
export function validateInitContainers(context: ContainerContext, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set((context.spec.containers ?? []).map(({ name }) => name))
  for (const [index, container] of (context.spec.initContainers ?? []).entries()) {
    const where = path.index(index)
    errors.push(...commonErrors(container, context, where), ...restartPolicyErrors(container, where))
    if (names.has(container.name)) errors.push(duplicate(where.child('name'), container.name))
    else if (container.name) names.add(container.name)
    errors.push(...hostPortConflicts([[container, path.index(0)]]))
    if (container.restartPolicy === 'Always') errors.push(...runErrors(container, context, where))
    else {
      const refused = (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const).filter(
        (field) => container[field] !== undefined,
      )
      errors.push(
        ...refused.map((field) => forbiddenField(where.child(field), 'may not be set for init containers without restartPolicy=Always')),
      )
    }
  }
  return errors
}

const ephemeralRefused = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const

/** spec.ephemeralContainers: they come to debug, so they may have nothing that a service relies on. */
export function validateEphemeralContainers(context: ContainerContext, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const { spec } = context
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name))
  const names = new Set(others)
  for (const [index, container] of (spec.ephemeralContainers ?? []).entries()) {
    const where = path.index(index)
    errors.push(...commonErrors(container, context, where), ...validateImageSpaces(container, where))
    if (names.has(container.name)) errors.push(duplicate(where.child('name'), container.name))
    names.add(container.name)
    const target = container.targetContainerName
    if (target && !others.has(target)) errors.push(notFoundValue(where.child('targetContainerName'), target))
    for (const field of ephemeralRefused) {
      if (isSet(container[field])) errors.push(forbiddenField(where.child(field), 'cannot be set for an Ephemeral Container'))
    }
    for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
      for (const field of ['subPath', 'subPathExpr'] as const) {
        if (mount[field])
          errors.push(forbiddenField(where.child('volumeMounts').index(i).child(field), 'cannot be set for an Ephemeral Container'))
      }
    }
  }
  return errors
}

function isSet(value: object | string | undefined): boolean {
  if (value === undefined || value === '') return false
  return typeof value === 'string' || Object.keys(value).length > 0
}

const terminationPolicies = ['File', 'FallbackToLogsOnError']

function commonErrors(container: Container, { spec, volumes, claimNames }: ContainerContext, path: Path): FieldError[] {
  const namePath = path.child('name')
  const emptyDirs = new Set([...volumes].filter(([, volume]) => volume.emptyDir !== undefined).map(([name]) => name))
  return [
    ...(container.name ? dnsLabel(container.name, namePath) : [required(namePath)]),
    ...requireText(container.image, path.child('image')),
    ...oneOf(container.terminationMessagePolicy, terminationPolicies, path.child('terminationMessagePolicy')),
    ...portErrors(container.ports, path.child('ports')),
    ...validateEnv(container.env, path.child('env')),
    ...fileKeyVolumeErrors(container.env, emptyDirs, path.child('env')),
    ...validateEnvFrom(container.envFrom, path.child('envFrom')),
    ...validateVolumeMounts(container, volumes, path.child('volumeMounts')),
    ...validateVolumeDevices(container, volumes, path.child('volumeDevices')),
    ...oneOf(container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], path.child('imagePullPolicy')),
    ...validateContainerResources(container.resources, claimNames, path.child('resources')),
    ...validateResizePolicy(container.resizePolicy, path.child('resizePolicy'), spec.restartPolicy),
    ...validateSecurityContext(container.securityContext, spec.hostUsers !== false, path.child('securityContext')),
  ]
}

/** Lifecycle and probes, of containers that run beside one another. */
function runErrors(container: Container, { spec }: ContainerContext, path: Path): FieldError[] {
  const grace = spec.terminationGracePeriodSeconds
  return [
    ...validateLifecycle(container.lifecycle, grace, path.child('lifecycle'), spec.os?.name),
    ...validateProbes(container, grace, path),
  ]
}

/** Pods (not templates) may have no spaces around an image's name. */
export function validateImageSpaces({ image = '' }: Container, path: Path): FieldError[] {
  return image === image.trim() ? [] : [invalidValue(path.child('image'), image, 'must not have leading or trailing whitespace')]
}

/** The protocols of ports. */
export const protocols = ['SCTP', 'TCP', 'UDP']

function portErrors(ports: readonly ContainerPort[] | undefined, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [index, { name, containerPort, hostPort, protocol }] of (ports ?? []).entries()) {
    const where = path.index(index)
    if (name) {
      const messages = portName(name)
      errors.push(...invalidFor(where.child('name'), name, messages))
      if (messages.length === 0 && names.has(name)) errors.push(duplicate(where.child('name'), name))
      names.add(name)
    }
    if (!containerPort) errors.push(required(where.child('containerPort')))
    else errors.push(...invalidFor(where.child('containerPort'), containerPort, portNumber(containerPort)))
    if (hostPort) errors.push(...invalidFor(where.child('hostPort'), hostPort, portNumber(hostPort)))
    errors.push(...oneOf(protocol, protocols, where.child('protocol')))
  }
  return errors
}

function hostPortConflicts(containers: readonly [Container, Path][]): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [container, path] of containers) {
    for (const [index, { hostPort, protocol, hostIP }] of (container.ports ?? []).entries()) {
      if (!hostPort) continue
      const key = `${protocol}/${hostIP ?? ''}/${hostPort}`
      if (seen.has(key)) errors.push(duplicate(path.child('ports').index(index).child('hostPort'), key))
      seen.add(key)
    }
  }
  return errors
}

const restartPolicies = ['Always', 'Never', 'OnFailure']
const restartRulesMax = 20
const exitCodesMax = 255

/** A container's own restart policy, and the exit codes that overrule it. */
function restartPolicyErrors({ restartPolicy, restartPolicyRules: rules = [] }: Container, path: Path): FieldError[] {
  if (restartPolicy === undefined) {
    return rules.length === 0 ? [] : [required(path.child('restartPolicy'), 'must specify restartPolicy when restart rules are used')]
  }
  const errors = restartPolicies.includes(restartPolicy) ? [] : [notSupported(path.child('restartPolicy'), restartPolicy, restartPolicies)]
  const where = path.child('restartPolicyRules')
  if (rules.length > restartRulesMax) errors.push(tooMany(where, rules.length, restartRulesMax))
  return [...errors, ...rules.flatMap((rule, index) => restartRuleErrors(rule, where.index(index)))]
}

function restartRuleErrors({ action, exitCodes }: ContainerRestartRule, path: Path): FieldError[] {
  const actions = ['Restart', 'RestartAllContainers']
  const errors = actions.includes(action) ? [] : [notSupported(path.child('action'), action ?? '', actions)]
  const where = path.child('exitCodes')
  if (exitCodes === undefined) return [...errors, required(where, 'must be specified')]
  const { operator, values = [] } = exitCodes
  if (operator !== 'In' && operator !== 'NotIn') errors.push(notSupported(where.child('operator'), operator ?? '', ['In', 'NotIn']))
  if (values.length > exitCodesMax) errors.push(tooMany(where.child('values'), values.length, exitCodesMax))
  return errors
}
