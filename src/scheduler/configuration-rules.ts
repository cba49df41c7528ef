// What a KubeSchedulerConfiguration must satisfy beyond its shape, in upstream's words: every fault with its path.

import { semanticEqual } from '../apimachinery/equal.ts'
import { at, duplicate, type FieldError, invalidValue, type Path, required } from '../apimachinery/field-errors.ts'
import { qualifiedName } from '../apimachinery/names.ts'
import { argsErrors } from './plugin-args-rules.ts'

/** A plugin as a set names it. */
export interface NamedPlugin {
  name: string
  weight?: number | undefined
}

/** Plugins switched on and off at one extension point. */
export interface PluginSet {
  enabled: readonly NamedPlugin[]
  disabled: readonly NamedPlugin[]
}

/** One profile, as the file has it. */
export interface GivenProfile {
  schedulerName: string
  percentageOfNodesToScore?: number | undefined
  plugins: Readonly<Record<string, PluginSet | undefined>>
  pluginConfig: readonly { name: string; args: object }[]
}

/** The parts of the file that have rules; durations in milliseconds. */
export interface GivenConfiguration {
  leaderElection: {
    leaderElect: boolean
    leaseDurationMs: number
    renewDeadlineMs: number
    retryPeriodMs: number
    resourceLock: string
    resourceName: string
    resourceNamespace: string
  }
  parallelism: number
  percentageOfNodesToScore?: number | undefined
  podInitialBackoffSeconds: number
  podMaxBackoffSeconds: number
  profiles: readonly GivenProfile[]
  extenders: readonly { prioritizeVerb: string; bindVerb: string; weight: number; managedResources: readonly { name: string }[] }[]
}

const version = 'kubescheduler.config.k8s.io/v1'
/** Plugins of former versions, whose work is done elsewhere now. */
const removedPlugins = ['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits']

/** All faults, in upstream's order. */
export function configurationErrors(given: GivenConfiguration): FieldError[] {
  const errors = leaderElectionErrors(given.leaderElection)
  if (given.parallelism <= 0)
    errors.push(invalidValue(at('parallelism'), given.parallelism, 'should be an integer value greater than zero'))
  errors.push(...profilesErrors(given.profiles), ...percentageErrors(given.percentageOfNodesToScore, at('percentageOfNodesToScore')))
  const { podInitialBackoffSeconds: initial, podMaxBackoffSeconds: max } = given
  if (initial <= 0) errors.push(invalidValue(at('podInitialBackoffSeconds'), initial, 'must be greater than 0'))
  if (max < initial) errors.push(invalidValue(at('podMaxBackoffSeconds'), max, 'must be greater than or equal to PodInitialBackoffSeconds'))
  return [...errors, ...extendersErrors(given.extenders)]
}

function leaderElectionErrors(given: GivenConfiguration['leaderElection']): FieldError[] {
  const where = at('leaderElection')
  if (!given.leaderElect) return []
  const errors: FieldError[] = []
  for (const name of ['leaseDuration', 'renewDeadline', 'retryPeriod'] as const) {
    const ms = given[`${name}Ms`]
    if (ms <= 0) errors.push(invalidDuration(where.child(name), ms, 'must be greater than zero'))
  }
  if (given.leaseDurationMs < given.renewDeadlineMs)
    errors.push(invalidDuration(where.child('leaseDuration'), given.renewDeadlineMs, 'LeaseDuration must be greater than RenewDeadline'))
  for (const name of ['resourceLock', 'resourceNamespace', 'resourceName'] as const)
    if (given[name] === '') errors.push(required(where.child(name), `${name} is required`))
  if (given.resourceLock !== 'leases')
    errors.push(invalidValue(where.child('resourceLock'), given.resourceLock, 'resourceLock value must be "leases"'))
  return errors
}

function invalidDuration(where: Path, ms: number, detail: string): FieldError {
  return { ...invalidValue(where, ms, detail), title: `Invalid value: ${ms / 1000}s` }
}

function percentageErrors(value: number | undefined, where: Path): FieldError[] {
  return value === undefined || (value >= 0 && value <= 100) ? [] : [invalidValue(where, value, 'not in valid range [0-100]')]
}

function profilesErrors(profiles: readonly GivenProfile[]): FieldError[] {
  const where = at('profiles')
  if (profiles.length === 0) return [required(where)]
  const names = profiles.map(({ schedulerName }) => schedulerName)
  const errors = profiles.flatMap((profile, i) => {
    const own = profileErrors(profile, where.index(i))
    const before = names.lastIndexOf(profile.schedulerName, i - 1)
    if (i > 0 && before >= 0)
      own.push({
        ...duplicate(where.index(i).child('schedulerName'), ''),
        title: `Duplicate value: ${where.index(before).child('schedulerName')}`,
      })
    return own
  })
  return [...errors, ...queueSortErrors(profiles, where)]
}

function profileErrors({ schedulerName, percentageOfNodesToScore, plugins, pluginConfig }: GivenProfile, where: Path): FieldError[] {
  const errors = schedulerName === '' ? [required(where.child('schedulerName'))] : []
  errors.push(...percentageErrors(percentageOfNodesToScore, where.child('percentageOfNodesToScore')))
  for (const [point, set] of Object.entries(plugins)) {
    if (point === 'multiPoint') continue
    for (const [i, { name }] of (set?.enabled ?? []).entries())
      errors.push(...removedErrors(name, where.child('plugins', point, 'enabled').index(i)))
  }
  const seen = new Set<string>()
  for (const [i, { name, args }] of pluginConfig.entries()) {
    const here = where.child('pluginConfig').index(i)
    if (seen.has(name)) errors.push(duplicate(here, name))
    seen.add(name)
    errors.push(...removedErrors(name, here), ...argsErrors(name, args, here.child('args')))
  }
  return errors
}

function removedErrors(name: string, where: Path): FieldError[] {
  const text = `was invalid in version ${JSON.stringify(version)} (KubeSchedulerConfiguration is version ${JSON.stringify(version)})`
  return removedPlugins.includes(name) ? [invalidValue(where, name, text)] : []
}

/** There is one queue: all profiles sort it alike. */
function queueSortErrors(profiles: readonly GivenProfile[], where: Path): FieldError[] {
  const sets = profiles.map(({ plugins }) => plugins['queueSort'] ?? { enabled: [], disabled: [] })
  const [first] = sets
  const errors: FieldError[] = []
  const many = first!.enabled.length
  if (many > 1)
    errors.push(invalidValue(where.index(0).child('plugins', 'queueSort', 'Enabled'), many, 'only one queue sort plugin can be enabled'))
  for (const [i, set] of sets.entries()) {
    if (semanticEqual(set, first)) continue
    const text = `config.PluginSet{Enabled:${goPlugins(set.enabled)}, Disabled:${goPlugins(set.disabled)}}`
    const error = invalidValue(where.index(i).child('plugins', 'queueSort'), '', 'must be the same for all profiles')
    errors.push({ ...error, title: `Invalid value: ${text}` })
  }
  return errors
}

/** As Go prints the value. */
function goPlugins(plugins: readonly NamedPlugin[]): string {
  if (plugins.length === 0) return '[]config.Plugin(nil)'
  const one = ({ name, weight = 0 }: NamedPlugin) => `config.Plugin{Name:${JSON.stringify(name)}, Weight:${weight}}`
  return `[]config.Plugin{${plugins.map(one).join(', ')}}`
}

/** Names such as example.com/gpu; what belongs to Kubernetes is not an extended resource. */
const isExtendedResource = (name: string): boolean =>
  name.includes('/') &&
  !/(^|\.)kubernetes\.io\//.test(name) &&
  !name.startsWith('requests.') &&
  qualifiedName(`requests.${name}`).length === 0

function extendersErrors(extenders: GivenConfiguration['extenders']): FieldError[] {
  const where = at('extenders')
  const errors: FieldError[] = []
  const managed = new Set<string>()
  for (const [i, { prioritizeVerb, weight, managedResources }] of extenders.entries()) {
    if (prioritizeVerb !== '' && weight <= 0)
      errors.push(invalidValue(where.index(i).child('weight'), weight, 'must have a positive weight applied to it'))
    for (const [j, { name }] of managedResources.entries()) {
      const here = where.index(i).child('managedResources').index(j).child('name')
      const faults = qualifiedName(name)
      if (faults.length === 0 && !isExtendedResource(name)) faults.push('is an invalid extended resource name')
      if (managed.has(name)) faults.push('duplicate extender managed resource name')
      managed.add(name)
      errors.push(...faults.map((fault) => invalidValue(here, name, fault)))
    }
  }
  const binders = extenders.filter(({ bindVerb }) => bindVerb !== '').length
  if (binders > 1) errors.push(invalidValue(where, `found ${binders} extenders implementing bind`, 'only one extender can implement bind'))
  return errors
}
