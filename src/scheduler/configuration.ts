// KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): the file behind --config, checked, as profiles and options.
import { z } from 'zod'
import type { Profile } from './cycle.ts'
import { checkExtenders, extenderSchema, type GivenExtender } from './extender-configuration.ts'
import { pluginArgs } from './plugin-args.ts'
import { plugins as allPlugins } from './plugins/index.ts'
import { type ExtensionPoint, type PluginChoice, profileOf } from './profile.ts'

const plugin = z.strictObject({ name: z.string().min(1), weight: z.int().min(0).optional() })
const pluginSet = z.strictObject({ enabled: z.array(plugin).default([]), disabled: z.array(plugin).default([]) })
type PluginSet = z.output<typeof pluginSet>

/** Points that decide something here; the others are accepted for the plugins that must be there anyway. */
const ownPoints = ['preEnqueue', 'preFilter', 'filter', 'postFilter', 'score', 'reserve'] as const satisfies readonly ExtensionPoint[]
const otherPoints = ['queueSort', 'preScore', 'permit', 'preBind', 'bind', 'postBind'] as const

const pluginsShape = Object.fromEntries(
  ['multiPoint', ...ownPoints, ...otherPoints].map((point) => [point, pluginSet.optional()]),
) as Record<'multiPoint' | (typeof ownPoints)[number] | (typeof otherPoints)[number], z.ZodOptional<typeof pluginSet>>

const percentage = z.int().min(0).max(100)
const profile = z.strictObject({
  schedulerName: z.string().min(1).default('default-scheduler'),
  percentageOfNodesToScore: percentage.optional(),
  plugins: z.strictObject(pluginsShape).default({}),
  pluginConfig: z.array(z.strictObject({ name: z.string().min(1), args: z.record(z.string(), z.unknown()).default({}) })).default([]),
})

const duration = z.string().regex(/^(\d+(\.\d+)?(h|m|s|ms))+$/, 'time: invalid duration')
const configuration = z.strictObject({
  apiVersion: z.literal('kubescheduler.config.k8s.io/v1', { error: 'no kind "KubeSchedulerConfiguration" is registered for this version' }),
  kind: z.literal('KubeSchedulerConfiguration'),
  clientConnection: z
    .strictObject({
      kubeconfig: z.string().optional(),
      acceptContentTypes: z.string().optional(),
      contentType: z.string().optional(),
      qps: z.number().optional(),
      burst: z.int().optional(),
    })
    .default({}),
  leaderElection: z
    .strictObject({
      leaderElect: z.boolean().optional(),
      leaseDuration: duration.optional(),
      renewDeadline: duration.optional(),
      retryPeriod: duration.optional(),
      resourceLock: z.literal('leases').optional(),
      resourceName: z.string().optional(),
      resourceNamespace: z.string().optional(),
    })
    .default({}),
  parallelism: z.int().min(1).optional(),
  percentageOfNodesToScore: percentage.optional(),
  podInitialBackoffSeconds: z.int().min(1).default(1),
  podMaxBackoffSeconds: z.int().min(1).default(10),
  profiles: z.array(profile).min(1).optional(),
  extenders: z.array(extenderSchema(duration)).default([]),
  enableProfiling: z.boolean().optional(),
  enableContentionProfiling: z.boolean().optional(),
  delayCacheUntilActive: z.boolean().optional(),
})

/** What the file says, as far as it concerns the scheduler. */
export interface SchedulerConfiguration {
  profiles: readonly Profile[]
  podInitialBackoffMs: number
  podMaxBackoffMs: number
  leaderElection: z.output<typeof configuration>['leaderElection']
  /** In the order in which they are asked. */
  extenders: readonly GivenExtender[]
  /** File named by clientConnection, or ''. */
  kubeconfig: string
}

/** Reads the parsed YAML of a configuration file. @throws Error with every problem and its path */
export function readConfiguration(value: unknown): SchedulerConfiguration {
  const parsed = configuration.safeParse(value)
  if (!parsed.success)
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.') || '<root>'}: ${message}`).join('; '))
  const { profiles = [profile.parse({})], percentageOfNodesToScore, podInitialBackoffSeconds, podMaxBackoffSeconds } = parsed.data
  if (podMaxBackoffSeconds < podInitialBackoffSeconds) {
    throw new Error('podMaxBackoffSeconds: must be greater than or equal to PodInitialBackoffSeconds')
  }
  const names = profiles.map(({ schedulerName }) => schedulerName)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`profiles: duplicate profile with scheduler name ${JSON.stringify(twice)}`)
  const extenders = checkExtenders(parsed.data.extenders)
  const ignored = extenders.flatMap(({ managedResources }) =>
    managedResources.filter((each) => each.ignoredByScheduler).map(({ name }) => name),
  )
  return {
    profiles: profiles.map((given) => readProfile(given, percentageOfNodesToScore ?? 0, ignored)),
    extenders,
    podInitialBackoffMs: podInitialBackoffSeconds * 1000,
    podMaxBackoffMs: podMaxBackoffSeconds * 1000,
    leaderElection: parsed.data.leaderElection,
    kubeconfig: parsed.data.clientConnection.kubeconfig ?? '',
  }
}

/** Plugins without which no scheduler runs; they may be named, not replaced. */
const builtIn = new Set(['PrioritySort', 'DefaultBinder'])

function readProfile(
  { schedulerName, plugins, pluginConfig, percentageOfNodesToScore }: z.output<typeof profile>,
  percentage: number,
  ignoredResources: readonly string[],
): Profile {
  const args = new Map(readArgs(pluginConfig))
  if (ignoredResources.length > 0) args.set('NodeResourcesFit', { ...args.get('NodeResourcesFit'), ignoredResources })
  for (const set of Object.values(plugins)) for (const { name } of [...(set?.enabled ?? []), ...(set?.disabled ?? [])]) mustExist(name)
  const inGeneral = plugins.multiPoint ?? none
  const choices: PluginChoice[] = []
  for (const entry of allPlugins) {
    const everywhere = isOn(entry.name, inGeneral, true)
    const without = new Set(ownPoints.filter((point) => !isOn(entry.name, plugins[point] ?? none, everywhere)))
    if (without.size === ownPoints.length) continue
    const weight = weightOf(plugins.score, entry.name) ?? weightOf(inGeneral, entry.name) ?? entry.weight
    choices.push({ plugin: entry.create(args.get(entry.name)), weight, without })
  }
  return profileOf(schedulerName, choices, percentageOfNodesToScore ?? percentage)
}

const none: PluginSet = { enabled: [], disabled: [] }

/** Enabling wins over disabling; `*` disables all that are not enabled by name. */
function isOn(name: string, { enabled, disabled }: PluginSet, before: boolean): boolean {
  if (enabled.some((each) => each.name === name)) return true
  return before && !disabled.some((each) => each.name === name || each.name === '*')
}

/** A weight of 0 means "as usual". */
function weightOf(set: PluginSet | undefined, name: string): number | undefined {
  return set?.enabled.find((each) => each.name === name)?.weight || undefined
}

function mustExist(name: string): void {
  if (name === '*' || builtIn.has(name) || allPlugins.some((entry) => entry.name === name)) return
  throw new Error(`plugins: ${JSON.stringify(name)} does not exist`)
}

function readArgs(pluginConfig: z.output<typeof profile>['pluginConfig']): ReadonlyMap<string, object> {
  const found = new Map<string, object>()
  for (const [i, { name, args }] of pluginConfig.entries()) {
    mustExist(name)
    if (found.has(name)) throw new Error(`pluginConfig[${i}]: repeated config for plugin ${name}`)
    const schema = Object.hasOwn(pluginArgs, name) ? pluginArgs[name] : undefined
    const parsed = schema?.safeParse(args)
    if (parsed?.success === false) {
      const problems = parsed.error.issues.map(({ path, message }) => `${['args', ...path].join('.')}: ${message}`)
      throw new Error(`pluginConfig[${i}].${problems.join('; ')}`)
    }
    found.set(name, parsed?.data ?? args)
  }
  return found
}
